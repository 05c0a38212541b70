// Shows the times of the bar under the pointer, or bar by bar with a slider, which works with keys,
// touch and screen readers. Without this script, bars have tooltips, and the table has all times.
'use strict';

function tellTimes(timeline) {
    const bars = [...timeline.querySelectorAll('svg :is(.life, .block)')];
    const words = bars.map(bar => bar.querySelector('title').textContent);

    const slider = document.createElement('input');
    slider.type = 'range';
    slider.max = bars.length - 1;
    slider.value = 0;
    slider.setAttribute('aria-label', 'Step through the bars');
    const told = document.createElement('p');
    told.className = 'told';
    // The slider already announces it.
    told.setAttribute('aria-hidden', true);
    timeline.querySelector('.picture').after(slider, told);

    const name = number => slider.setAttribute('aria-valuetext', words[number]);
    const show = number => {
        bars.forEach((bar, index) => bar.classList.toggle('shown', index === number));
        told.textContent = words[number];
        slider.value = number;
        name(number);
    };
    slider.addEventListener('input', () => show(slider.valueAsNumber));
    bars.forEach((bar, number) => bar.addEventListener('pointerenter', () => show(number)));
    told.textContent = 'Point at a bar, or move the slider.';
    name(0);
}

document.querySelectorAll('.timeline').forEach(tellTimes);
