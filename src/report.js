'use strict';
(() => {
  const form = document.getElementById('filter');
  const jobs = Array.from(document.querySelectorAll('.job'));
  const count = document.getElementById('count');
  const none = document.getElementById('none');
  const whole = count.textContent;
  const texts = new Array(jobs.length);

  /* What a search goes through: the words of a job, taken from the page when they are first asked for. */
  const text = (i) => {
    if (texts[i] === undefined) texts[i] = jobs[i].textContent.toLowerCase();
    return texts[i];
  };

  const value = (name) => form.elements[name].value;

  const fits = (i, q) => {
    const d = jobs[i].dataset;
    if (q.topic !== '*' && d.t !== q.topic.slice(1)) return false;
    if (q.state !== '' && d.s !== q.state && d.g !== q.state.slice(1) && !(' ' + d.f + ' ').includes(' ' + q.state.slice(1) + ' '))
      return false;
    if (q.from !== '' && (d.d === '' || d.d < q.from)) return false;
    if (q.to !== '' && (d.d === '' || d.d > q.to)) return false;
    return q.words.every((word) => text(i).includes(word));
  };

  const filter = () => {
    const q = {
      words: value('q').toLowerCase().split(/\s+/).filter((word) => word !== ''),
      topic: value('topic'), state: value('state'), from: value('from'), to: value('to'),
    };
    let shown = 0;
    jobs.forEach((job, i) => {
      const fit = fits(i, q);
      if (job.hidden === fit) job.hidden = !fit;
      if (fit) shown += 1;
    });
    count.textContent = shown === jobs.length ? whole
      : shown.toLocaleString('en-US') + ' of ' + count.dataset.n + ' jobs';
    none.hidden = shown > 0;
  };

  let waiting = 0;
  form.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 80);
  });
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('reset', () => setTimeout(filter, 0));

  const openAll = (open) => jobs.forEach((job) => {
    if ('open' in job && (!open || !job.hidden)) job.open = open;
  });
  const all = document.getElementById('all');
  if (all !== null) {
    all.addEventListener('click', () => {
      const open = all.getAttribute('aria-pressed') !== 'true';
      openAll(open);
      all.setAttribute('aria-pressed', String(open));
      all.textContent = open ? 'Close all' : 'Open all';
    });
  }

  /* A link to a job opens it. */
  const reveal = () => {
    const at = location.hash.length > 1 ? document.getElementById(location.hash.slice(1)) : null;
    const job = at !== null ? at.closest('details') : null;
    if (job === null) return;
    job.open = true;
    job.scrollIntoView();
  };
  addEventListener('hashchange', reveal);
  reveal();

  /* Paper cannot be opened. */
  let closed = [];
  addEventListener('beforeprint', () => {
    closed = Array.from(document.querySelectorAll('.job:not([hidden]):not([open]), .job:not([hidden]) details:not([open])'));
    closed.forEach((details) => { details.open = true; });
  });
  addEventListener('afterprint', () => {
    closed.forEach((details) => { details.open = false; });
    closed = [];
  });

  form.hidden = false;
  /* What a browser has kept of an earlier visit counts. */
  filter();
})();
