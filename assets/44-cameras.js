// Cameras: a picture that cannot be fetched leaves its frame empty until the next one comes.
(function () {
  'use strict';

  const told = (failed) => ({ target }) => {
    if (target.nodeName === 'IMG' && target.closest('.camera-frame')) target.style.visibility = failed ? 'hidden' : '';
  };
  document.addEventListener('error', told(true), true);
  document.addEventListener('load', told(false), true);
})();
