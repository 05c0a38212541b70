// What all figures have in common: controls, a picture, a line that says what happened, and a table
// with the same content as the picture.
'use strict';

/** Makes an element of the page. */
function make(name, attributes, ...children) {
    return fill(document.createElement(name), attributes, children);
}

/** Makes an element of a drawing. */
function shape(name, attributes, ...children) {
    return fill(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children);
}

function fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
        element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
}

/** `1 task`, `2 tasks`. */
function count(number, noun) {
    return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/**
 * A figure. Its own class has `build()`, which makes the controls, `paint(width)`, which
 * returns a drawing's height and shapes, and `table()`, which returns a head and rows.
 */
class PlayFigure extends HTMLElement {
    connectedCallback() {
        this.controls = make('div', { class: 'controls' });
        this.said = make('p', { class: 'said', role: 'status' });
        this.svg = shape('svg', { role: 'img', 'aria-label': this.querySelector('.still title').textContent });
        this.words = make('div', { class: 'table-wrapper', tabindex: 0, role: 'region', 'aria-label': 'The picture as a table' });
        const details = make('details', {}, make('summary', {}, 'The picture as a table'), this.words);
        const live = make('div', { class: 'live' }, this.controls, this.said, this.svg, details);
        this.build();
        this.querySelector('.still').classList.add('replaced');
        this.append(live);
        new ResizeObserver(() => this.update()).observe(live);
    }

    /** Redraws the figure at the available width, so that its text stays readable. */
    update() {
        if (!this.svg.isConnected) {
            return; // It will be, and then this is called.
        }
        const width = Math.max(240, Math.min(700, this.svg.parentElement.clientWidth));
        const { height, shapes } = this.paint(width);
        this.svg.setAttribute('viewBox', `-1 0 ${width + 2} ${height}`); // room for the lines around boxes
        this.svg.setAttribute('width', width);
        this.svg.replaceChildren(...shapes);
        const { head, rows } = this.table();
        const cells = (row, name, attributes) => row.map(text => make(name, attributes, `${text}`));
        this.words.replaceChildren(make('table', {},
            make('thead', {}, make('tr', {}, ...cells(head, 'th', { scope: 'col' }))),
            make('tbody', {}, ...rows.map(row => make('tr', {}, ...cells(row, 'td', {}))))));
    }

    /** Shows what happened, and announces it to screen readers. */
    say(text) {
        this.said.textContent = text;
    }

    /** A group of controls on its own line. */
    group(label, ...children) {
        const group = make('div', { class: 'group', role: 'group', 'aria-label': label }, ...children);
        this.controls.append(group);
        return group;
    }

    button(text, act, label = text) {
        const button = make('button', { type: 'button' });
        this.rename(button, text, label);
        button.addEventListener('click', act);
        return button;
    }

    /** `label` is for screen readers, if the text alone is not enough. */
    rename(button, text, label = text) {
        button.textContent = text;
        button.setAttribute('aria-label', label);
    }

    /** `show` formats the value. The input is available as `input`. */
    slider(label, { min, max, step = 1, value, show = String }, act) {
        const input = make('input', { type: 'range', min, max, step, value });
        const shown = make('span', { class: 'value', 'aria-hidden': true });
        const slider = make('div', { class: 'slider' }, make('label', {}, make('span', {}, label), input), shown);
        const update = () => {
            shown.textContent = show(input.valueAsNumber);
            input.setAttribute('aria-valuetext', shown.textContent);
        };
        input.addEventListener('input', () => {
            update();
            act(input.valueAsNumber);
        });
        update();
        return Object.assign(slider, { input, update });
    }

    /** A choice; `options` is a list of values and their names. */
    choice(label, options, act) {
        const name = `choice-${PlayFigure.choices++}`;
        const radios = options.map(([value, text], index) => {
            const radio = make('input', { type: 'radio', name, value, ...index === 0 && { checked: '' } });
            radio.addEventListener('change', () => act(value));
            return make('label', {}, radio, ` ${text}`);
        });
        const choice = make('fieldset', { class: 'choice' }, make('legend', {}, label), ...radios);
        this.controls.append(choice);
        return choice;
    }
}
PlayFigure.choices = 0;

/** A text in a drawing. */
function label(x, y, text, attributes = {}) {
    return shape('text', { x, y, ...attributes }, `${text}`);
}

/** A box with a centred text. */
function box(kind, x, y, width, height, text = '', attributes = {}) {
    const middle = { class: 'small', 'text-anchor': 'middle', ...attributes };
    return shape('g', {},
        shape('rect', { class: kind, x, y, width, height, rx: 4 }),
        label(x + width / 2, y + height / 2 + 4.5, text, middle));
}
