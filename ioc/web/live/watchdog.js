// In every page of the live client: where that did not come, the page would stand still with figures that look good.
// data-link is "start" until the live client runs (assets/21-link-status.js).
(function () {
  const root = document.documentElement, CHECK = 5000, LONGEST_LOAD = 60000; // ms
  const since = new Date().toLocaleTimeString('vi-VN', { timeZone: 'Asia/Ho_Chi_Minh', hour12: false });

  function check() {
    if (root.dataset.link !== 'start') {
      clearInterval(timer);
      return;
    }
    if (document.readyState !== 'complete' && performance.now() < LONGEST_LOAD) return;
    const words = JSON.parse(document.getElementById('ioc-boot').textContent).words[root.lang];
    for (const node of document.querySelectorAll('[id="link-banner"]')) node.textContent = words.lost.replace('{time}', since);
    fetch('/healthz', { cache: 'no-store' }).then((answer) => { if (answer.ok) location.reload(); }, () => {});
  }

  const timer = setInterval(check, CHECK);
})();
