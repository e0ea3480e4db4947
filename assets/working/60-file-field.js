// window.ioc_working.FileField: the React component of components/ui/forms.py. A chosen or dropped file is sent at
// once, by a request of its own with its progress; the answer is a handle, which the callback of the form takes.
(function () {
  'use strict';

  const { createElement: e, useEffect, useRef, useState } = window.React;
  const lang = () => document.documentElement.lang;

  function reason(request, words) {
    if (request.status === 401) window.ioc.user.onUnauthorized();
    try {
      const text = (JSON.parse(request.responseText).detail || {})[lang()];
      if (text) return text;
    } catch { /* not an answer of ours */ }
    return words.failed;
  }

  // Sends a file; the function that it returns stops it.
  function send(file, props, report) {
    const request = new XMLHttpRequest(), form = new FormData();
    form.append('file', file);
    request.upload.onprogress = (event) => event.lengthComputable && report({ share: event.loaded / event.total });
    request.onload = () => {
      let handle = null;
      try { handle = request.status === 200 ? JSON.parse(request.responseText).handle : null; } catch { /* below */ }
      report(handle ? { handle } : { error: reason(request, props.words) });
    };
    request.onerror = () => report({ error: props.words.failed });
    request.open('POST', props.address);
    request.setRequestHeader('Accept', 'application/json');
    request.send(form);
    return () => request.abort();
  }

  function Status({ file, words, isChecked }) {
    const percent = Math.round(file.share * 100), isReady = file.handle && !isChecked;
    const state = isReady ? 'ready' : file.handle ? 'checking' : 'sending';
    const text = words[state].replace('{name}', file.name).replace('{n}', percent);
    return e('div', { className: 'file-status' },
      e('span', { className: isReady ? 'cell-sign is-on' : '' }, (isReady ? '✓ ' : '') + text),
      file.handle ? null : e('progress', { max: 100, value: percent, 'aria-label': text }));
  }

  // One file, or up to `limit` of them: `handle` has the handles of those that have arrived, with blanks between.
  function FileField(props) {
    const { id, label, hint, error, accept, words, handle, sender, limit, clears, checking, setProps } = props;
    const [files, setFiles] = useState([]);
    const [isOver, setOver] = useState(false);
    const current = useRef([]), errors = useRef([]), input = useRef(null), ours = useRef(handle), count = useRef(0);
    const isPressed = useRef(false);
    const stopAll = () => current.current.forEach((file) => file.stop && file.stop());
    const isSending = () => current.current.some((file) => !file.handle);
    const hold = (disabled) => sender && window.dash_clientside.set_props(sender, { disabled });
    useEffect(() => () => {  // a dialog that is closed, for instance
      if (isSending()) hold(false);
      stopAll();
    }, []);
    // Another button may run the callback of `sender`, about no file.
    useEffect(() => {
      const look = ({ target }) => { isPressed.current = target.closest('button')?.id === sender; };
      document.addEventListener('click', look, true);
      return () => document.removeEventListener('click', look, true);
    }, []);

    function show() {
      setFiles([...current.current]);
      hold(isSending());
    }
    // What was wrong with one file stays when another one arrives.
    function report() {
      show();
      ours.current = current.current.map((file) => file.handle).filter(Boolean).join(' ') || null;
      setProps({ handle: ours.current, error: errors.current.join(' ') });
    }
    // Handles that a callback has used up: the field is empty again.
    useEffect(() => {
      if (handle === ours.current) return;
      ours.current = handle;
      if (handle || !current.current.length) return;
      stopAll();
      current.current = [];
      show();
    }, [handle]);

    function drop(file) {
      if (file.stop) file.stop();
      current.current = current.current.filter((other) => other !== file);
      report();
    }
    function take(chosen) {
      if (!chosen.length) return;
      if (clears) window.dash_clientside.set_props(clears, { markup: '' });
      if (limit === 1) {
        stopAll();
        current.current = [];
      }
      const added = chosen.slice(0, limit - current.current.length).map((body) => (
        { key: count.current++, name: body.name, share: 0, handle: null, body }));
      current.current = [...current.current, ...added];
      if (input.current) input.current.value = '';
      errors.current = added.length < chosen.length ? [words.full] : [];
      report();
      added.forEach((file) => {
        file.stop = send(file.body, props, (news) => {
          if (news.share !== undefined) {
            file.share = news.share;
            return show();
          }
          file.stop = file.body = null;
          if (news.error) {
            errors.current.push(limit === 1 ? news.error : file.name + ': ' + news.error);
            return drop(file);
          }
          file.handle = news.handle;
          report();
        });
      });
    }
    function remove(file) {
      errors.current = [];
      drop(file);
      input.current.focus();
    }
    const box = {
      className: 'file-box' + (isOver ? ' is-over' : ''),
      onDragOver: (event) => { event.preventDefault(); setOver(true); },
      onDragLeave: () => setOver(false),
      onDrop: (event) => { event.preventDefault(); setOver(false); take([...event.dataTransfer.files]); },
    };
    const row = (file) => e('div', { className: 'file-row', key: file.key },
      e(Status, { file, words, isChecked: checking && isPressed.current }),
      e('button', {
        type: 'button', className: 'btn btn-link', onClick: () => remove(file),
        'aria-label': words.remove + ': ' + file.name,
      }, words.remove));
    return e('div', { className: 'field', id },
      e('span', { className: 'form-label', id: id + '-label' }, label),
      e('div', box,
        e('input', {
          ref: input, type: 'file', id: id + '-input', className: 'visually-hidden', accept, multiple: limit > 1,
          'aria-labelledby': id + '-label ' + id + '-button', 'aria-describedby': id + '-hint ' + id + '-error',
          onChange: (event) => take([...event.target.files]),
        }),
        e('label', { className: 'btn btn-secondary', htmlFor: id + '-input', id: id + '-button' }, words.choose),
        e('div', { role: 'status', className: 'file-news' }, files.map(row))),
      e('div', { className: 'field-hint', id: id + '-hint' }, hint),
      e('div', { className: 'field-error', id: id + '-error', role: 'alert' }, error));
  }

  window.ioc_working = { FileField };
})();
