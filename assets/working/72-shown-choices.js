// A choice that is shown is the one that is sent: where Dash holds another value of a list of choices than the browser
// shows, the shown one is taken before the form is sent. Who sends has seen nothing else.
(function () {
  'use strict';

  const dashId = (id) => (id.startsWith('{') ? JSON.parse(id) : id);

  function takeShown(select) {
    const id = dashId(select.id), held = window.dash_component_api.getLayout(id);
    if (held && held.props.value !== select.value) window.dash_clientside.set_props(id, { value: select.value });
  }

  document.addEventListener('click', (event) => {
    const dialog = event.target.closest('button')?.closest('[role="dialog"]');
    dialog?.querySelectorAll('select[id]').forEach(takeShown);
  }, true);
})();
