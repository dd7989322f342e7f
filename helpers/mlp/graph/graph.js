for (const card of document.querySelectorAll('.bp-card:not([data-step])')) {
  const find = (selector) => card.querySelector(selector);
  const steps = [...find('.bp-says').children];
  const [scroll, slider] = ['.bp-scroll', 'input'].map(find);
  const [back, next, play] = card.querySelectorAll('button');
  let step = 0;
  let playing = 0;

  function show(wanted) {
    step = Math.max(0, Math.min(steps.length - 1, wanted));
    const { phase, lit } = steps[step].dataset;
    card.dataset.step = step;
    scroll.dataset.phase = phase;
    steps.forEach((said, i) => said.classList.toggle('bp-now', i === step));
    for (const text of card.querySelectorAll('[data-from]')) {
      const { from, to } = text.dataset;
      text.classList.toggle('bp-off', step < +from || step >= +to);
      text.classList.toggle('bp-new', step === +from && step > 0);
    }
    for (const part of card.querySelectorAll('[data-name]')) {
      part.classList.toggle('bp-lit', lit.split(' ').includes(part.dataset.name));
    }
    slider.value = step;
    slider.setAttribute('aria-valuetext', `step ${step}: ${phase}`);
    back.ariaDisabled = step === 0; // a disabled button would lose the focus, and the keys with it
    next.ariaDisabled = step === steps.length - 1;
    const lights = scroll.querySelectorAll('.bp-lit'); // what lies furthest on comes last
    if (lights.length) {
      const light = lights[lights.length - 1].getBoundingClientRect();
      const box = scroll.getBoundingClientRect();
      scroll.scrollLeft += light.left + light.width / 2 - box.left - box.width / 2;
    }
  }

  function stop() {
    clearInterval(playing);
    playing = 0;
    play.textContent = 'Play';
  }

  function start() {
    if (step === steps.length - 1) show(0);
    play.textContent = 'Pause';
    playing = setInterval(() => {
      if (card.isConnected && step < steps.length - 1) show(step + 1);
      else stop();
    }, 2500);
  }

  function go(wanted) {
    stop();
    show(wanted);
  }

  back.onclick = () => go(step - 1);
  next.onclick = () => go(step + 1);
  play.onclick = () => (playing ? stop() : start());
  slider.oninput = () => go(+slider.value);
  // JupyterLab's shortcuts of single keys stay out (b would add a cell); Shift + Enter still runs.
  function keepShortcutsOut(event) {
    const plain = !(event?.shiftKey || event?.ctrlKey || event?.altKey || event?.metaKey);
    for (const part of [back, next, play, slider, scroll]) {
      part.toggleAttribute('data-lm-suppress-shortcuts', plain);
    }
    return plain;
  }

  card.onkeyup = keepShortcutsOut;
  card.onkeydown = (event) => {
    const to = { ArrowRight: step + 1, ArrowLeft: step - 1, Home: 0, End: steps.length }[event.key];
    if (!keepShortcutsOut(event) || to === undefined) return;
    event.preventDefault();
    go(to);
  };
  keepShortcutsOut();
  show(0);
}
