"use strict";

// Contacts are put into order by dragging them within their group; the buttons do the same without a mouse.
(function () {
  var dragged = null, before = "";

  function ids(list) {
    return Array.prototype.map.call(list.querySelectorAll("[data-id]"), function (one) { return one.dataset.id; }).join(",");
  }

  document.addEventListener("dragstart", function (event) {
    var one = event.target.closest && event.target.closest(".contact[draggable]");
    if (!one) { return; }
    dragged = one;
    before = ids(one.parentElement);
    one.classList.add("is-dragged");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", "");
  });

  document.addEventListener("dragover", function (event) {
    var over = dragged && event.target.closest && event.target.closest(".contact");
    if (!over || over === dragged || over.parentElement !== dragged.parentElement) { return; }
    event.preventDefault();
    var box = over.getBoundingClientRect();
    over.parentElement.insertBefore(dragged, event.clientY < box.top + box.height / 2 ? over : over.nextSibling);
  });

  document.addEventListener("drop", function (event) { if (dragged) { event.preventDefault(); } });

  document.addEventListener("dragend", function () {
    if (!dragged) { return; }
    var list = dragged.parentElement, form = document.createElement("form"), field = document.createElement("input");
    dragged.classList.remove("is-dragged");
    dragged = null;
    if (ids(list) === before) { return; }
    form.method = "post";
    form.action = list.dataset.sortable;
    field.type = "hidden";
    field.name = "contact_ids";
    field.value = ids(list);
    form.appendChild(field);
    document.body.appendChild(form);
    form.submit();
  });
})();
