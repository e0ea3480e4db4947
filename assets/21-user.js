// The signed-in user: frames are the same for everybody, so the name in the header comes from a request of its own.
(function () {
  'use strict';

  const { status } = window.ioc;
  const root = document.documentElement;
  const ACTIVE_WINDOW = 60000; // ms after an input during which the user counts as active
  const WAITING_INTERVAL = 30000; // ms between two questions what waits for the user
  const WARNING_SECONDS = 60; // before the session ends by inactivity
  let me = { kind: '', shown: '', idle: 0, can: [] };
  let lastInputAt = performance.now();

  const words = () => status.boot.words[root.lang] || status.boot.words.vi;
  // The notice of the previous login, sent in the first minutes of a session.
  const previousLogin = () => (me.before ? me.before[root.lang] || me.before.vi : '');
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
    if (!me.shown) return;
    const secondsLeft = me.idle - (performance.now() - lastInputAt) / 1000;
    const isEnding = secondsLeft < WARNING_SECONDS;
    const text = isEnding ? words().ends.replace('{n}', Math.max(0, Math.ceil(secondsLeft))) : me.shown;
    for (const node of document.querySelectorAll('[data-me]')) {
      if (node.getAttribute('href') !== '/tai-khoan') node.setAttribute('href', '/tai-khoan');
      const title = isEnding ? text : [text, previousLogin()].filter(Boolean).join('\n');
      if (node.title !== title) node.title = title;
      node.classList.toggle('has-doubt', !isEnding && Boolean(me.doubt));
      if (node.classList.contains('is-ending') !== isEnding) node.classList.toggle('is-ending', isEnding);
      const word = node.querySelector('span');
      if (word && word.textContent !== text) word.textContent = text;
    }
  }

  async function loadUser() {
    if (root.hasAttribute('data-paper')) return;
    try {
      const answer = await fetch('/toi', { cache: 'no-store' });
      if (!answer.ok) return;
      me = await answer.json();
      root.dataset.can = me.can.join(' ');
      showUser();
    } catch {
      // The banner reports a lost server; the user is requested again with the next page.
    }
  }

  // A user goes to the login page. A wall says that its display was revoked, then shows the code for a new enrolment.
  let leaveTimer = 0;
  function onUnauthorized() {
    const address = location.pathname + location.search;
    if (!status.boot.kiosk && me.kind !== 'display') return void location.replace('/dang-nhap?tiep=' + encodeURIComponent(address));
    status.setNotice(words().revoked);
    leaveTimer = leaveTimer || setTimeout(() => location.replace('/man-hinh?tiep=' + encodeURIComponent(address)), 8000);
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
  window.ioc.user = { isActive, onUnauthorized, onAuthorized };
  setInterval(showUser, 1000);
  setInterval(() => { if (!document.hidden && 'waiting' in me) loadUser(); }, WAITING_INTERVAL);
  loadUser();
})();
