// What a screen tells by itself: ages, the clock, whether its link to the centre holds; and when it starts anew.
(function () {
  'use strict';

  const boot = JSON.parse(document.getElementById('ioc-boot').textContent);
  const root = document.documentElement;
  // ms without an answer, or without a beat of the poller's heart, after which the screen says so, within its promise of
  // 5 s: a beat is seen up to a second late. A heart stands still only by what was answered since it was seen to beat: SEEN
  // ms of it. A server that is gone tells nothing of the poller.
  const SILENT = 4000, STILL = 3000, SEEN = 1500;
  const CITY = 7 * 3600000; // Asia/Ho_Chi_Minh keeps no summer time
  const DAYS = {
    vi: ['Chủ Nhật', 'Thứ Hai', 'Thứ Ba', 'Thứ Tư', 'Thứ Năm', 'Thứ Sáu', 'Thứ Bảy'],
    en: ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'],
  };

  let ahead = 0; // the server's clock minus this one's, ms
  let moment = null; // of a past picture, ms; ages are counted from it
  let told = null; // the server's time with its last answer, ms
  let still = false; // on paper nothing is counted on
  let answered = performance.now();
  let beat = null;
  let moved = performance.now(); // when the heartbeat was last seen to move
  let since = null;
  let watch = 0;
  let notice = ''; // what stands before all that the link itself has to say

  const words = () => boot.words[root.lang] || boot.words.vi;
  const now = () => Date.now() + ahead;
  const two = (n) => String(n).padStart(2, '0');
  const city = (ms) => new Date(ms + CITY);
  const time = (ms) => { const d = city(ms); return two(d.getUTCHours()) + ':' + two(d.getUTCMinutes()) + ':' + two(d.getUTCSeconds()); };
  const date = (ms) => { const d = city(ms); return two(d.getUTCDate()) + '/' + two(d.getUTCMonth() + 1) + '/' + d.getUTCFullYear(); };
  const day = (ms) => (DAYS[root.lang] || DAYS.vi)[city(ms).getUTCDay()] + ', ' + date(ms);

  function age(seconds) {
    const [word, n] = seconds < 60 ? ['seconds', seconds] : seconds < 3600 ? ['minutes', seconds / 60]
      : seconds < 86400 ? ['hours', seconds / 3600] : ['days', seconds / 86400];
    return words()[word].replace('{n}', Math.floor(Math.max(0, n)));
  }

  function write(node, text) {
    if (node.textContent !== text) node.textContent = text;
  }

  // Ages of what has just come.
  function fill(within, which = 'time[data-age]:empty') {
    const at = moment === null ? now() : moment;
    for (const node of within.querySelectorAll(which)) write(node, age((at - Date.parse(node.dataset.age)) / 1000));
  }

  function tick() {
    const at = moment === null ? now() : moment;
    fill(document, 'time[data-age]');
    for (const node of document.querySelectorAll('[data-limit][data-since]')) {
      const share = (at - Date.parse(node.dataset.since)) / 1000 / Number(node.dataset.limit);
      const shown = String(Math.round(Math.min(1, Math.max(0, share)) * 100) / 100);
      if (node.style.getPropertyValue('--age') !== shown) node.style.setProperty('--age', shown);
      if (node.classList.contains('expired') !== share > 1) node.classList.toggle('expired', share > 1);
    }
    for (const node of document.querySelectorAll('[data-clock]')) {
      const shown = still ? moment : now();
      write(node, node.dataset.clock === 'date' ? day(shown) : time(shown));
    }
  }

  // The sentence stands in the shell's #link-banner; both in the first paint and in React's tree.
  function link() {
    const here = performance.now();
    const frozen = beat !== null && here - moved > STILL && answered - moved > SEEN;
    const state = here - answered > SILENT ? 'lost' : frozen ? 'frozen' : 'ok';
    if (state !== root.dataset.link) {
      since = state === 'lost' ? now() - (here - answered) : state === 'frozen' ? now() - (here - moved) : null;
      root.dataset.link = state;
    }
    const when = since === null ? '' : (date(since) === date(now()) ? '' : date(since) + ' ') + time(since);
    const text = notice ? notice : state === 'ok' ? '' : words()[state].replace('{time}', when);
    for (const node of document.querySelectorAll('[id="link-banner"]')) write(node, text);
    // At the very moment, not with the next second of the clock: a busy machine has that second of the promise to spare.
    const next = [answered + SILENT, moved + STILL].filter((at) => at > here);
    clearTimeout(watch);
    watch = next.length && !still ? setTimeout(link, Math.min(...next) - here + 20) : 0;
  }

  function say(text) {
    notice = text;
    link();
  }

  // The heartbeat is judged by its movement on this screen's clock, so that clocks that disagree raise no alarm;
  // only its first value is compared with the server's time.
  function heard(headers) {
    const here = performance.now();
    told = Number(headers.get('X-Ioc-Now')) || null;
    const pulse = Number(headers.get('X-Ioc-Beat'));
    answered = here;
    if (told) ahead = told - Date.now();
    if (pulse !== beat) {
      moved = beat === null ? here - Math.max(0, pulse ? told - pulse : 0) : here;
      beat = pulse;
    }
    link();
    const build = headers.get('X-Ioc-Build');
    if (build && build !== boot.build) reload('build ' + build, Infinity);
  }

  // At most once per reason and `pause` seconds, so that no fault makes a screen turn in circles.
  function reload(reason, pause) {
    const key = 'ioc-reload ' + reason;
    const last = Number(sessionStorage.getItem(key) || -Infinity);
    if (Date.now() - last < pause * 1000) return;
    sessionStorage.setItem(key, String(Date.now()));
    location.reload();
  }

  const nightly = 3 * 3600 + 30 * 60 + Math.floor(Math.random() * 300);
  function night() {
    const d = city(now());
    const second = d.getUTCHours() * 3600 + d.getUTCMinutes() * 60 + d.getUTCSeconds();
    const due = second >= nightly && second < nightly + 600 && performance.now() > 3600000;
    if (boot.kiosk && due && root.dataset.link === 'ok') reload('night', 3600);
  }

  // For paper: ages and clock stand at the moment of what is shown; that moment as ISO text.
  function stop() {
    moment = moment === null ? told || now() : moment;
    still = true;
    tick();
    return new Date(moment).toISOString();
  }

  function picture(at) {
    moment = at;
    tick();
  }

  // The beat of a screen: on the second of the server's clock, so that clocks beside each other turn together.
  function second() {
    if (still) return;
    tick();
    link();
    night();
    setTimeout(second, 1000 - (now() % 1000) + 5);
  }

  window.ioc = window.ioc || {};
  window.ioc.screen = { boot, fill, tick, link, say, heard, reload, picture, stop };
  window.ioc.screen.start = second;
})();
