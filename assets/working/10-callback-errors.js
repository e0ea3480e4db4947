// Refused and failed callbacks: the server answers with {code, detail}; the toast says it, and the form keeps its input.
// Each answer is told to others as the event "ioc-callback" {request, isOk}; `request`: what Dash has sent.
(function () {
  'use strict';

  const UPDATE = '/_dash-update-component';
  const send = window.fetch.bind(window);

  function show(text) {
    window.dash_clientside.set_props('toast', { is_open: true, className: 'toast-place is-danger', children: text });
  }

  async function report(answer) {
    if (answer.status === 401) return window.ioc.user.onUnauthorized();
    let body = {};
    try { body = await answer.clone().json(); } catch { /* not ours: the status is said */ }
    const words = window.ioc.status.boot.words[document.documentElement.lang];
    const id = answer.headers.get('X-Request-Id');
    show([(body.detail || {})[document.documentElement.lang] || words.failed.replace('{status}', answer.status), id].filter(Boolean).join(' · '));
  }

  window.fetch = async function (resource, options) {
    const address = String(resource && resource.url ? resource.url : resource);
    if (!address.includes(UPDATE)) return send(resource, options);
    const tell = (isOk) => document.dispatchEvent(new CustomEvent('ioc-callback', { detail: { request: options && options.body, isOk } }));
    try {
      const answer = await send(resource, options);
      tell(answer.ok);
      if (!answer.ok) await report(answer);
      return answer;
    } catch (error) {
      tell(false);
      show((window.ioc.status.boot.words[document.documentElement.lang] || {}).unsent);
      throw error;
    }
  };
})();
