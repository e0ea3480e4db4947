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

  function Status({ name, share, isReady, words }) {
    if (!name) return null;
    const percent = Math.round(share * 100);
    const text = isReady ? words.ready.replace('{name}', name) : words.sending.replace('{name}', name).replace('{n}', percent);
    return e('div', { className: 'file-status' },
      e('span', { className: isReady ? 'cell-sign is-normal' : '' }, (isReady ? '✓ ' : '') + text),
      isReady ? null : e('progress', { max: 100, value: percent, 'aria-label': text }));
  }

  function FileField(props) {
    const { id, label, hint, error, accept, words, handle, sender, setProps } = props;
    const [name, setName] = useState('');
    const [share, setShare] = useState(0);
    const [isOver, setOver] = useState(false);
    const stop = useRef(null), input = useRef(null);
    useEffect(() => () => stop.current && stop.current(), []);
    // A handle that was used up: the field is empty again.
    const previous = useRef(handle);
    useEffect(() => {
      if (previous.current && !handle) setName('');
      previous.current = handle;
    }, [handle]);

    const hold = (isHeld) => sender && window.dash_clientside.set_props(sender, { disabled: isHeld });

    function clear(text) {
      hold(false);
      if (stop.current) stop.current();
      stop.current = null;
      if (input.current) input.current.value = '';
      setName('');
      setProps({ handle: null, error: text || '' });
    }
    function take(file) {
      if (!file) return;
      if (stop.current) stop.current();
      setName(file.name);
      setShare(0);
      hold(true);
      setProps({ handle: null, error: '' });
      stop.current = send(file, props, (news) => {
        if (news.share !== undefined) return setShare(news.share);
        stop.current = null;
        if (news.error) return clear(news.error);
        if (input.current) input.current.value = '';
        hold(false);
        setProps({ handle: news.handle, error: '' });
      });
    }
    const box = {
      className: 'file-box' + (isOver ? ' is-over' : ''),
      onDragOver: (event) => { event.preventDefault(); setOver(true); },
      onDragLeave: () => setOver(false),
      onDrop: (event) => { event.preventDefault(); setOver(false); take(event.dataTransfer.files[0]); },
    };
    return e('div', { className: 'field', id },
      e('span', { className: 'form-label', id: id + '-label' }, label),
      e('div', box,
        e('input', {
          ref: input, type: 'file', id: id + '-input', className: 'visually-hidden', accept,
          'aria-labelledby': id + '-label ' + id + '-button', 'aria-describedby': id + '-hint ' + id + '-error',
          onChange: (event) => take(event.target.files[0]),
        }),
        e('label', { className: 'btn btn-secondary', htmlFor: id + '-input', id: id + '-button' }, words.choose),
        name ? e('button', { type: 'button', className: 'btn btn-link', onClick: () => clear('') }, words.remove) : null,
        e('div', { role: 'status', className: 'file-news' }, e(Status, { name, share, isReady: Boolean(handle), words }))),
      e('div', { className: 'field-hint', id: id + '-hint' }, hint),
      e('div', { className: 'field-error', id: id + '-error', role: 'alert' }, error));
  }

  window.ioc_working = { FileField };
})();
