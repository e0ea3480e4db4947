// Status of this screen: ages, clock, connection to the server, heartbeat of the poller; and when the page reloads.
(function () {
  'use strict';

  const boot = JSON.parse(document.getElementById('ioc-boot').textContent);
  const root = document.documentElement;
  // ms without an answer, or without a new heartbeat of the poller, until the banner appears: within 5 s, since a heartbeat
  // is seen up to a second late. The poller counts as stopped only after answers arrived for HEARTBEAT_OBSERVATION ms since
  // the last new heartbeat: a lost server tells nothing about the poller.
  const ANSWER_LIMIT = 4000, HEARTBEAT_LIMIT = 3000, HEARTBEAT_OBSERVATION = 1500;
  const CITY_OFFSET = 7 * 3600000; // Asia/Ho_Chi_Minh has no daylight saving time
  const DAYS = {
    vi: ['Chủ Nhật', 'Thứ Hai', 'Thứ Ba', 'Thứ Tư', 'Thứ Năm', 'Thứ Sáu', 'Thứ Bảy'],
    en: ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'],
  };

  let clockOffset = 0; // server clock minus local clock, ms
  let fixedMoment = null; // of a page that shows the past, ms; ages are counted from it
  let serverTime = null; // server time of the last answer, ms
  let isFrozen = false; // on paper nothing is counted
  let answeredAt = performance.now();
  let heartbeat = null;
  let heartbeatMovedAt = performance.now(); // when a new heartbeat was last seen
  let since = null;
  let linkTimer = 0;
  let notice = ''; // a message that replaces the banner's own

  const words = () => boot.words[root.lang] || boot.words.vi;
  const now = () => Date.now() + clockOffset;
  const twoDigits = (n) => String(n).padStart(2, '0');
  const city = (ms) => new Date(ms + CITY_OFFSET);
  const time = (ms) => { const d = city(ms); return twoDigits(d.getUTCHours()) + ':' + twoDigits(d.getUTCMinutes()) + ':' + twoDigits(d.getUTCSeconds()); };
  const date = (ms) => { const d = city(ms); return twoDigits(d.getUTCDate()) + '/' + twoDigits(d.getUTCMonth() + 1) + '/' + d.getUTCFullYear(); };
  const dayTime = (ms) => (date(ms) === date(now()) ? '' : date(ms) + ' ') + time(ms); // today without the day
  const day = (ms) => (DAYS[root.lang] || DAYS.vi)[city(ms).getUTCDay()] + ', ' + date(ms);

  function ageText(seconds) {
    if (seconds < -300) return words().ahead; // MAX_CLOCK_LEAD: the clock was set back, the age is not known
    const [word, n] = seconds < 60 ? ['seconds', seconds] : seconds < 3600 ? ['minutes', seconds / 60]
      : seconds < 86400 ? ['hours', seconds / 3600] : ['days', seconds / 86400];
    return words()[word].replace('{n}', Math.floor(Math.max(0, n)));
  }

  function setText(node, text) {
    if (node.textContent !== text) node.textContent = text;
  }

  // Fills the ages of new nodes.
  function fillAges(within, which = 'time[data-age]:empty') {
    const at = fixedMoment === null ? now() : fixedMoment;
    for (const node of within.querySelectorAll(which)) setText(node, ageText((at - Date.parse(node.dataset.age)) / 1000));
  }

  function update() {
    const at = fixedMoment === null ? now() : fixedMoment;
    fillAges(document, 'time[data-age]');
    for (const node of document.querySelectorAll('[data-limit][data-since]')) {
      const share = (at - Date.parse(node.dataset.since)) / 1000 / Number(node.dataset.limit);
      const filled = String(Math.round(Math.min(1, Math.max(0, share)) * 100) / 100);
      if (node.style.getPropertyValue('--age') !== filled) node.style.setProperty('--age', filled);
      if (node.classList.contains('expired') !== share > 1) node.classList.toggle('expired', share > 1);
    }
    for (const node of document.querySelectorAll('[data-clock]')) {
      const moment = isFrozen ? fixedMoment : now();
      setText(node, node.dataset.clock === 'date' ? day(moment) : time(moment));
    }
  }

  // Writes the banner (#link-banner of the shell), in the first paint and in React's tree.
  function updateLink() {
    const present = performance.now();
    const frozen = heartbeat !== null && present - heartbeatMovedAt > HEARTBEAT_LIMIT && answeredAt - heartbeatMovedAt > HEARTBEAT_OBSERVATION;
    const state = present - answeredAt > ANSWER_LIMIT ? 'lost' : frozen ? 'frozen' : 'ok';
    if (state !== root.dataset.link) {
      since = state === 'lost' ? now() - (present - answeredAt) : state === 'frozen' ? now() - (present - heartbeatMovedAt) : null;
      root.dataset.link = state;
    }
    const when = since === null ? '' : dayTime(since);
    const text = notice ? notice : state === 'ok' ? '' : words()[state].replace('{time}', when);
    for (const node of document.querySelectorAll('[id="link-banner"]')) setText(node, text);
    // At the exact moment, not with the next second of the clock, to leave a busy machine some reserve.
    const next = [answeredAt + ANSWER_LIMIT, heartbeatMovedAt + HEARTBEAT_LIMIT].filter((at) => at > present);
    clearTimeout(linkTimer);
    linkTimer = next.length && !isFrozen ? setTimeout(updateLink, Math.min(...next) - present + 20) : 0;
  }

  function setNotice(text) {
    notice = text;
    updateLink();
  }

  // The heartbeat is judged by its changes on the local clock, so that differing clocks raise no alarm; only its first
  // value is compared with the server's time.
  function recordAnswer(headers) {
    const present = performance.now();
    serverTime = Number(headers.get('X-Ioc-Now')) || null;
    const newHeartbeat = Number(headers.get('X-Ioc-Beat'));
    answeredAt = present;
    if (serverTime) clockOffset = serverTime - Date.now();
    if (newHeartbeat !== heartbeat) {
      heartbeatMovedAt = heartbeat === null ? present - Math.max(0, newHeartbeat ? serverTime - newHeartbeat : 0) : present;
      heartbeat = newHeartbeat;
    }
    updateLink();
    const build = headers.get('X-Ioc-Build');
    if (build && build !== boot.build) reload('build ' + build, Infinity);
  }

  // At most once per reason and `pause` seconds, so that no fault causes a reload loop.
  function reload(reason, pause) {
    const key = 'ioc-reload ' + reason;
    const last = Number(sessionStorage.getItem(key) || -Infinity);
    if (Date.now() - last < pause * 1000) return;
    sessionStorage.setItem(key, String(Date.now()));
    location.reload();
  }

  const nightlySecond = 3 * 3600 + 30 * 60 + Math.floor(Math.random() * 300);
  function reloadAtNight() {
    const d = city(now());
    const secondOfDay = d.getUTCHours() * 3600 + d.getUTCMinutes() * 60 + d.getUTCSeconds();
    const isDue = secondOfDay >= nightlySecond && secondOfDay < nightlySecond + 600 && performance.now() > 3600000;
    if (boot.kiosk && isDue && root.dataset.link === 'ok') reload('night', 3600);
  }

  // For paper: fixes ages and clock at the moment of the data; returns that moment as ISO text.
  function freeze() {
    fixedMoment = fixedMoment === null ? serverTime || now() : fixedMoment;
    isFrozen = true;
    update();
    return new Date(fixedMoment).toISOString();
  }

  function setMoment(at) {
    fixedMoment = at;
    update();
  }

  // Runs on the second of the server's clock, so that clocks beside each other change together.
  function everySecond() {
    if (isFrozen) return;
    update();
    updateLink();
    reloadAtNight();
    setTimeout(everySecond, 1000 - (now() % 1000) + 5);
  }

  window.ioc = window.ioc || {};
  window.ioc.status = { boot, fillAges, update, updateLink, dayTime, setNotice, recordAnswer, reload, setMoment, freeze };
  window.ioc.status.start = everySecond;
})();
