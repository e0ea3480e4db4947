// In every page of the live client. Where a script that it needs to start does not come, the first paint would stay, with
// figures that look good: nothing else says so, or loads the page again. React removes the first paint.
(function () {
  const LONGEST_LOAD = 60000, LONGEST_START = 20000, LONGEST_ANSWER = 4000, MAX_PAUSE = 300000; // ms
  const STORED = 'ioc-watchdog'; // how often the page was loaded again in vain
  const lost = document.currentScript.dataset.lost;
  const since = new Date().toLocaleTimeString('vi-VN', { timeZone: 'Asia/Ho_Chi_Minh', hour12: false });
  const reloads = Number(stored((storage) => storage.getItem(STORED))) || 0;
  // Longer each time, and not all screens at once: what refuses a script may be busy.
  const pause = Math.min(MAX_PAUSE, 10000 * 2 ** reloads) * (0.5 + Math.random());
  let isFailed = false, isSound = false, completeAt = Infinity, reloadAt = Infinity;

  function stored(act) {
    try { return act(sessionStorage); } catch { return null; } // a browser may refuse to store anything
  }

  function show(text) {
    if (window.ioc && window.ioc.status) return void window.ioc.status.setNotice(text);
    for (const node of document.querySelectorAll('[id="link-banner"]')) if (node.textContent !== text) node.textContent = text;
  }

  function check() {
    const present = performance.now(), isComplete = document.readyState === 'complete';
    // The entry point stands behind the first paint: where it has come without one, React shows the page.
    if (document.getElementById('react-entry-point') && !document.getElementById('first-paint')) {
      isSound = true;
      clearInterval(timer);
      stored((storage) => storage.removeItem(STORED));
      if (reloadAt < Infinity) show('');
      return;
    }
    if (isComplete) completeAt = Math.min(completeAt, present);
    if (!isFailed && present < Math.min(completeAt + LONGEST_START, LONGEST_LOAD)) return;
    show(lost.replace('{time}', since));
    reloadAt = Math.min(reloadAt, present + pause);
    if ((!isComplete && present < LONGEST_LOAD) || present < reloadAt) return;
    reloadAt = present + pause;
    const request = new AbortController();
    setTimeout(() => request.abort(), LONGEST_ANSWER);
    fetch('/healthz', { cache: 'no-store', signal: request.signal }).then((answer) => {
      if (!answer.ok || isSound) return;
      stored((storage) => storage.setItem(STORED, String(reloads + 1)));
      location.reload();
    }, () => {});
  }

  addEventListener('error', (event) => { isFailed = isFailed || event.target instanceof HTMLScriptElement; }, true);
  const timer = setInterval(check, 1000);
})();
