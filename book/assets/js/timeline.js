// Tells the times of a timeline's bars where the pointer is, and step by step with a
// slider, which keys, fingers and screen readers know. Without this script the bars have
// tooltips and the table tells all.
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
    // The slider says it already.
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
