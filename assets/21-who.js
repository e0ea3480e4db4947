// Who looks at this screen: frames are the same for all, so the name in the header comes from a small answer of its own.
(function () {
  'use strict';

  const { screen } = window.ioc;
  const root = document.documentElement;
  const TOUCHED = 60000; // ms after a touch for which the person counts as there
  const BEFORE = 60; // seconds before the session's idle end at which the screen says so
  let me = { kind: '', shown: '', idle: 0, can: [] };
  let touched = performance.now();

  const words = () => screen.boot.words[root.lang] || screen.boot.words.vi;
  // Of the sign-in before this one, for the first minutes.
  const before = () => (me.before ? me.before[root.lang] || me.before.vi : '');
  const active = () => performance.now() - touched < TOUCHED;

  // The shell's tools are drawn for everybody: what is personal in them is put there again when they are drawn anew.
  function dress() {
    if (!me.shown) return;
    const left = me.idle - (performance.now() - touched) / 1000;
    const ends = left < BEFORE;
    const text = ends ? words().ends.replace('{n}', Math.max(0, Math.ceil(left))) : me.shown;
    for (const node of document.querySelectorAll('[data-me]')) {
      if (node.getAttribute('href') !== '/tai-khoan') node.setAttribute('href', '/tai-khoan');
      const title = ends ? text : [text, before()].filter(Boolean).join('\n');
      if (node.title !== title) node.title = title;
      node.classList.toggle('is-told', !ends && Boolean(me.doubt));
      if (node.classList.contains('is-ending') !== ends) node.classList.toggle('is-ending', ends);
      const word = node.querySelector('span');
      if (word && word.textContent !== text) word.textContent = text;
    }
  }

  async function ask() {
    if (root.hasAttribute('data-paper')) return;
    try {
      const answer = await fetch('/toi', { cache: 'no-store' });
      if (!answer.ok) return;
      me = await answer.json();
      root.dataset.can = me.can.join(' ');
      dress();
    } catch {
      // The link's own watch says that the server is away; who looks is asked again with the next page.
    }
  }

  // A wall's identity is gone: it says so, and then shows the code by which it is enrolled again.
  let leaving = 0;
  function refused() {
    const here = location.pathname + location.search;
    if (!screen.boot.kiosk && me.kind !== 'display') return void location.replace('/dang-nhap?tiep=' + encodeURIComponent(here));
    screen.say(words().revoked);
    leaving = leaving || setTimeout(() => location.replace('/man-hinh?tiep=' + encodeURIComponent(here)), 8000);
  }

  function welcome() {
    if (!leaving) return;
    clearTimeout(leaving);
    leaving = 0;
    screen.say('');
  }

  for (const kind of ['pointerdown', 'keydown', 'wheel', 'touchstart']) {
    window.addEventListener(kind, () => { touched = performance.now(); }, { passive: true, capture: true });
  }
  window.ioc.me = { active, refused, welcome };
  setInterval(dress, 1000);
  ask();
})();
