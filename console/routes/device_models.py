"""The makes of phones: what each can be pressed by, how often it reports, what it should run."""

from fastapi import APIRouter, Response

from console.deps import CentreDep, actor_of
from console.device_schemas import DeviceModel
from console.paging import Page, Paging, encode_cursor
from console.routes.devices import Reader, Writer
from console.routes.versions import IfMatch
from registry import store
from registry.device_intake import ModelNew, ModelPatch
from registry.store import DEVICE_MODELS

router = APIRouter(prefix="/api/v1/device-models", tags=["registry"])


@router.post("", status_code=201)
def add_model(given: ModelNew, centre: CentreDep, user: Writer) -> DeviceModel:
    return DeviceModel.model_validate(centre.registry.device_models.add(given, by=actor_of(user)))


@router.get("")
def list_models(centre: CentreDep, user: Reader, paging: Paging) -> Page[DeviceModel]:
    with centre.db.read() as session:
        rows, following = store.page(session, DEVICE_MODELS, after=paging.after, limit=paging.limit)
    return Page(items=[DeviceModel.model_validate(row) for row in rows], next_cursor=encode_cursor(following))


@router.get("/{model_id}")
def get_model(model_id: str, centre: CentreDep, user: Reader) -> DeviceModel:
    with centre.db.read() as session:
        return DeviceModel.model_validate(store.get(session, DEVICE_MODELS, model_id))


@router.patch("/{model_id}")
def change_model(model_id: str, patch: ModelPatch, centre: CentreDep, user: Writer, version: IfMatch) -> DeviceModel:
    row = centre.registry.device_models.change(model_id, patch, version, by=actor_of(user))
    return DeviceModel.model_validate(row)


@router.delete("/{model_id}", status_code=204, response_class=Response)
def remove_model(model_id: str, centre: CentreDep, user: Writer) -> None:
    """Devices of this make stay; they go by the usual trigger."""
    centre.registry.device_models.remove(model_id, by=actor_of(user))
