// The signed-in user: frames are the same for everybody, so the name in the header comes with the document, then from a
// request of its own.
(function () {
  'use strict';

  const { status } = window.ioc;
  const root = document.documentElement;
  const ACTIVE_WINDOW = 60000; // ms after an input during which the user counts as active
  const QUESTION_INTERVAL = 30000; // ms between two questions whether the session lives, and what waits for the user
  const GATHERING = 100; // ms in which several lists that are read again ask once
  const OVERDUE_INTERVAL = 5000; // ms, once the session should have ended
  const WARNING_SECONDS = 60; // before the session ends by inactivity
  const NOBODY = { kind: '', shown: '', idle: 0, can: [] };
  let me = status.boot.me || NOBODY;
  let hasEnded = Boolean(me.ended); // somebody was signed in with this browser, and is not any more
  let askedAt = performance.now();
  let lastInputAt = performance.now();

  const words = () => status.boot.words[root.lang] || status.boot.words.vi;
  // The notice of the previous login, sent in the first minutes of a session.
  const previousLogin = () => (me.before ? me.before[root.lang] || me.before.vi : '');
  const returnQuery = () => '?tiep=' + encodeURIComponent(location.pathname + location.search);
  const loginAddress = () => '/dang-nhap' + returnQuery();
  const isActive = () => performance.now() - lastInputAt < ACTIVE_WINDOW;

  // The header is the same for everybody: the user's name is inserted again after each update.
  // What waits for the user stands in the rail, which is the same for everybody.
  function showWaiting() {
    for (const node of document.querySelectorAll('[data-waiting]')) {
      const count = (me.waiting || {})[node.dataset.waiting];
      const text = count ? String(count) : '';
      if (node.textContent === text) continue;
      node.textContent = text;
      node.title = text && words().waiting.replace('{n}', text);
    }
  }

  function showUser() {
    showWaiting();
    if (!me.shown && !hasEnded) return;
    const secondsLeft = (me.idle || Infinity) - (performance.now() - lastInputAt) / 1000;
    const isEnding = !hasEnded && secondsLeft < WARNING_SECONDS;
    if (isEnding && secondsLeft < 0 && performance.now() - askedAt > OVERDUE_INTERVAL) loadUser();
    const text = hasEnded ? words().ended : isEnding ? words().ends.replace('{n}', Math.max(0, Math.ceil(secondsLeft))) : me.shown;
    const href = hasEnded ? loginAddress() : '/tai-khoan';
    for (const node of document.querySelectorAll('[data-me]')) {
      if (node.getAttribute('href') !== href) node.setAttribute('href', href);
      const title = isEnding || hasEnded ? text : [text, previousLogin()].filter(Boolean).join('\n');
      if (node.title !== title) node.title = title;
      node.classList.toggle('has-doubt', !isEnding && Boolean(me.doubt));
      if (node.classList.contains('is-ending') !== isEnding) node.classList.toggle('is-ending', isEnding);
      if (node.classList.contains('has-ended') !== hasEnded) node.classList.toggle('has-ended', hasEnded);
      const word = node.querySelector('span');
      if (word && word.textContent !== text) word.textContent = text;
    }
  }

  async function loadUser() {
    if (root.hasAttribute('data-paper')) return;
    askedAt = performance.now();
    try {
      const answer = await fetch('/toi', { cache: 'no-store' });
      if (!answer.ok && answer.status !== 401) return;
      const wasKnown = hasEnded || Boolean(me.shown);
      me = answer.ok ? await answer.json() : NOBODY;
      hasEnded = !me.shown && (wasKnown || Boolean(me.ended));
      root.dataset.can = me.can.join(' ');
      showUser();
    } catch {
      // The banner reports a lost server; the user is requested again with the next page.
    }
  }

  // A user goes to the login page, unless the session was only renewed while the frame was asked for, as by a new
  // password. A wall says that its display was revoked, then shows the code for a new enrolment.
  let leaveTimer = 0;
  async function onUnauthorized() {
    if (!status.boot.kiosk && me.kind !== 'display') {
      await loadUser();
      if (!me.shown) location.replace(loginAddress());
      return;
    }
    status.setNotice(words().revoked);
    leaveTimer = leaveTimer || setTimeout(() => location.replace('/man-hinh' + returnQuery()), 8000);
  }

  function onAuthorized() {
    if (!leaveTimer) return;
    clearTimeout(leaveTimer);
    leaveTimer = 0;
    status.setNotice('');
  }

  for (const type of ['pointerdown', 'keydown', 'wheel', 'touchstart']) {
    window.addEventListener(type, () => { lastInputAt = performance.now(); }, { passive: true, capture: true });
  }
  window.ioc.user = { isActive, onUnauthorized, onAuthorized, show: showUser };
  setInterval(showUser, 1000);
  const askAgain = () => { if (!document.hidden && (me.shown || hasEnded)) loadUser(); };
  setInterval(askAgain, QUESTION_INTERVAL);
  // What waits changes with the lists of a working page: they are read again because the data have changed.
  let askTimer = 0;
  document.addEventListener('ioc-callback', ({ detail: { request, isOk } }) => {
    if (!isOk || !String(request).includes('"changedPropIds":["data-version.markup"]')) return;
    clearTimeout(askTimer);
    askTimer = setTimeout(askAgain, GATHERING);
  });
  document.addEventListener('visibilitychange', askAgain);
  loadUser();
})();
