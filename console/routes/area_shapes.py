"""Boundaries of areas as GeoJSON, and which area a place lies in."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends, Query, Response
from pydantic import BaseModel, Field
from sqlmodel import Session

from console.area_places import areas_at, drawn_of
from console.deps import CentreDep, actor_of, allowed
from console.paging import Page, Paging, page_of
from console.routes.areas import Area
from console.routes.versions import IfMatch
from core.errors import Rejected
from geo.crs import to_wgs84
from geo.shapes import BadShape, read_shape
from registry import area_shapes, area_store
from registry.intake import AreaLevel, Crs
from registry.sessions import SignedIn
from registry.store import Row

router = APIRouter(prefix="/api/v1/areas", tags=["registry"])
Reader = Annotated[SignedIn, Depends(allowed("registry.read"))]
Writer = Annotated[SignedIn, Depends(allowed("registry.write"))]
MOST_SHOWN = 2_000
MOST_AT_ONCE = 500
_CRS = Query(description="The datum of the coordinates")


class Geometry(BaseModel):
    """A Polygon or MultiPolygon (RFC 7946), without holes."""

    type: Literal["Polygon", "MultiPolygon"]
    coordinates: list[Any] = Field(description="Longitude first, WGS-84")


class Boundary(BaseModel):
    """Whose boundary it is, who drew it and when."""

    code: str
    name: str
    level: AreaLevel
    version: int
    updated_at: datetime
    updated_by: str
    area_m2: float
    middle: list[float] = Field(description="A place inside: longitude, latitude")


class AreaFeature(BaseModel):
    """The boundary of an area as a GeoJSON Feature."""

    type: Literal["Feature"] = "Feature"
    id: str = Field(description="The area's")
    bbox: list[float]
    geometry: Geometry
    properties: Boundary


class AreaFeatures(BaseModel):
    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[AreaFeature]


@router.get("/at")
def list_areas_at(
    centre: CentreDep,
    user: Reader,
    paging: Paging,
    lat: Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False)],
    lon: Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False)],
    crs: Annotated[Crs, _CRS] = "wgs84",
) -> Page[Area]:
    """Areas whose boundary holds the place, the smallest first; empty where none is drawn."""
    with centre.db.read() as session:
        found = areas_at(session, *to_wgs84(lat, lon, crs))
        names = area_store.full_names(session, [row["path"] for row in found])
    areas = [Area.model_validate(row | {"full_name": names[row["path"]]}) for row in found]
    return page_of(areas, lambda one: one.id, paging)


@router.get("/shapes")
def list_shapes(
    centre: CentreDep,
    user: Reader,
    bbox: Annotated[str | None, Query(max_length=100, description="lon_min,lat_min,lon_max,lat_max, WGS-84")] = None,
) -> AreaFeatures:
    """Every boundary, or those in a box, the largest first; at most 2,000."""
    with centre.db.read() as session:
        rows = area_shapes.in_box(session, _box(bbox), MOST_SHOWN)
    return AreaFeatures(features=[feature(row) for row in rows])


@router.post("/shapes")
def take_shapes(
    centre: CentreDep,
    user: Writer,
    told: Annotated[dict[str, Any], Body(description="A FeatureCollection; a feature's property `code` is an area's")],
    crs: Annotated[Crs, _CRS] = "wgs84",
) -> AreaFeatures:
    """Take many boundaries: all of them, or none where one is wrong."""
    features = told.get("features")
    if told.get("type") != "FeatureCollection" or not isinstance(features, list) or not features:
        raise BadShape("must be a FeatureCollection with features")
    if len(features) > MOST_AT_ONCE:
        raise BadShape(f"at most {MOST_AT_ONCE} features at once")
    given = []
    with centre.db.read() as session:
        for number, one in enumerate(features, 1):
            area = _named(session, one, number)
            try:
                shape = read_shape(one, crs, centre.registry.desk.is_on_land)
            except BadShape as bad:
                raise BadShape(f"feature {number} ({area['code']}): {bad.what}", bad.at) from None
            given.append((area["id"], drawn_of(shape), None))
    written = centre.registry.area_shapes.put_all(given, by=actor_of(user))
    return AreaFeatures(features=[feature(row) for row in written])


@router.get("/{area_id}/shape")
def get_shape(area_id: str, centre: CentreDep, user: Reader) -> AreaFeature:
    with centre.db.read() as session:
        return feature(area_shapes.shape_of(session, area_id))


@router.put("/{area_id}/shape")
def put_shape(
    area_id: str,
    centre: CentreDep,
    user: Writer,
    version: IfMatch,
    told: Annotated[dict[str, Any], Body(description="A GeoJSON geometry, or a Feature that holds one")],
    crs: Annotated[Crs, _CRS] = "wgs84",
) -> AreaFeature:
    """Give an area a boundary. What crosses itself, lies abroad or is too small or large is refused, and `at` of the
    problem says where it is wrong."""
    drawn = drawn_of(read_shape(told, crs, centre.registry.desk.is_on_land))
    return feature(centre.registry.area_shapes.put(area_id, drawn, version, by=actor_of(user)))


@router.delete("/{area_id}/shape", status_code=204, response_class=Response)
def remove_shape(area_id: str, centre: CentreDep, user: Writer, version: IfMatch) -> None:
    centre.registry.area_shapes.remove(area_id, version, by=actor_of(user))


def feature(row: Row) -> AreaFeature:
    """An area with its boundary, as GeoJSON."""
    kept = row["boundary"]
    return AreaFeature(
        id=row["id"],
        bbox=[kept["lon_min"], kept["lat_min"], kept["lon_max"], kept["lat_max"]],
        geometry=Geometry.model_validate(kept["shape"]),
        properties=Boundary(
            code=row["code"], name=row["name"], level=row["level"], version=kept["version"],
            updated_at=kept["updated_at"], updated_by=kept["updated_by"], area_m2=round(kept["area_m2"], 1),
            middle=[kept["lon"], kept["lat"]],
        ),
    )  # fmt: skip


def _named(session: Session, told: Any, number: int) -> Row:
    members = told.get("properties") if isinstance(told, dict) else None
    code = members.get("code") if isinstance(members, dict) else None
    area = area_store.by_code(session, code) if isinstance(code, str) else None
    if area is None:
        raise BadShape(f"feature {number} needs a property `code` that is an area's")
    return area


def _box(text: str | None) -> tuple[float, ...] | None:
    if text is None:
        return None
    try:
        west, south, east, north = (float(one) for one in text.split(","))
    except ValueError:
        raise Rejected("bbox is lon_min,lat_min,lon_max,lat_max") from None
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise Rejected("bbox is lon_min,lat_min,lon_max,lat_max, in degrees")
    return west, south, east, north
