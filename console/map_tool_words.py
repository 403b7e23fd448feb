"""What the scripts of the map's tools say; a refusal of the centre is said by its own English text."""

from console.i18n import N_

TOOL_WORDS = {
    "mapHere": N_("here"),
    "mapNoAlarm": N_("No alarm with a known place is chosen."),
    "mapUndo": N_("Undo"),
    "mapUndone": N_("Taken back."),
    "nearbyHint": N_("A click on the map chooses the place. By keyboard: arrows move the map, Enter takes the cross."),
    "measureHint": N_("Clicks on the map measure. By keyboard: arrows, Enter, Backspace."),
    "measureNone": N_("No point yet."),
    "measureOne": N_("One point: choose the next."),
    "measureSum": N_("%(sum)s in all"),
    "measureArea": N_("%(area)s; around it %(around)s"),
    "hectares": N_("%(n)s ha (%(m)s m²)"),
    "placeBefore": N_("until now"),
    "placeNew": N_("new place"),
    "placeClick": N_("Choose the place on the map."),
    "placeMoves": N_("Moves by %(far)s."),
    "placeAddHint": N_("Click where the new help is. By keyboard: arrows, Enter."),
    "placeMoveHint": N_("Click where %(name)s really is. By keyboard: arrows, Enter."),
    "placeAdded": N_("%(name)s was added."),
    "placeMoved": N_("%(name)s was moved."),
    "mapUndoReason": N_("taken back at once"),
    "areaDrawHint": N_("%(name)s: click corner after corner. By keyboard: arrows, Enter, Backspace."),
    "areaEditHint": N_("%(name)s: drag corners; a faint one becomes a new one, a right click removes one."),
    "areaSize": N_("%(n)s corners, %(km2)s km²"),
    "areaCornerHere": N_("Corner %(n)s to the cross"),
    "areaCornerOut": N_("Corner %(n)s out"),
    "areaSaved": N_("The boundary of %(name)s was saved."),
    "areaRemoved": N_("The boundary of %(name)s was removed."),
    "areaFileWrong": N_("This file holds no single Polygon or MultiPolygon in GeoJSON."),
}
"""By the name that the scripts have for them."""
REFUSALS = (
    N_("the line crosses or touches itself here"),
    N_("this point lies outside the country"),
    N_("a boundary needs at least three corners"),
    N_("one part lies inside another"),
    N_("holes are not kept: draw the outer line alone"),
    N_("this is smaller than 100 m²"),
    N_("this is larger than a province"),
    N_("a boundary has at most 2000 points: simplify it first"),
    N_("this area does not lie in one of yours"),
    N_("lies outside the country or in the sea"),
)
"""What the centre may answer to a drawn place."""
TOOL_WORDS |= {text: text for text in REFUSALS}
