// Remembers which answers were opened, and counts and clears them. On paper, answers are collected
// at the end of the chapter. The answers are <details> and work without this script.
'use strict';

{
    const key = quiz => `quiz ${location.pathname} ${quiz.querySelector('.ask').textContent}`;

    for (const quiz of document.querySelectorAll('.quiz')) {
        const questions = [...quiz.querySelectorAll('.question')];
        const answers = quiz.getElementsByTagName('details');
        const opened = new Set(JSON.parse(remembered(key(quiz)) ?? '[]'));
        for (const answer of answers) {
            answer.open = opened.has(name(answer));
            answer.addEventListener('toggle', () => update());
        }

        const score = document.createElement('span');
        score.setAttribute('role', 'status');
        const clear = document.createElement('button');
        clear.type = 'button';
        clear.textContent = 'Clear my answers';
        clear.addEventListener('click', () => {
            for (const answer of answers) {
                answer.open = false;
            }
        });
        const foot = document.createElement('p');
        foot.className = 'score';
        foot.append(score, ' ', clear);
        quiz.append(foot);
        update();

        function update() {
            const open = [...answers].filter(answer => answer.open);
            remember(key(quiz), JSON.stringify(open.map(name)));
            const solved = questions.filter(question =>
                question.querySelector('details[data-verdict="right"][open]'));
            score.textContent = `${solved.length} of ${questions.length} found.`;
            clear.hidden = open.length === 0;
        }
    }

    const removeKeys = () => document.querySelectorAll('.answer-key').forEach(key => key.remove());
    addEventListener('afterprint', removeKeys);
    addEventListener('beforeprint', () => {
        removeKeys();
        document.querySelectorAll('.quiz').forEach(addKey);
    });

    /** The right answers and their reasons, for paper only. */
    function addKey(quiz) {
        const heading = document.createElement('h2');
        heading.textContent = 'Answers';
        const list = document.createElement('ol');
        for (const question of quiz.querySelectorAll('.question')) {
            const answers = [...question.querySelectorAll('.answers details')];
            const right = answers.findIndex(answer => answer.dataset.verdict === 'right');
            const reason = answers[right].querySelector('.why').cloneNode(true);
            reason.querySelector('strong').textContent = `${String.fromCharCode(65 + right)}.`;
            const item = document.createElement('li');
            item.append(...reason.childNodes);
            list.append(item);
        }
        const key = document.createElement('section');
        key.className = 'answer-key';
        key.append(heading, list);
        endOfChapter(quiz).after(key);
    }

    /** In the book on one page, chapters are separated by a break. */
    function endOfChapter(quiz) {
        let last = quiz;
        while (last.nextElementSibling && !last.nextElementSibling.style.breakBefore) {
            last = last.nextElementSibling;
        }
        return last;
    }

    /** An answer is identified by its text, so that answers to a changed question are forgotten. */
    function name(answer) {
        const question = answer.closest('.question').querySelector('.ask');
        return `${question.textContent}: ${answer.querySelector('summary').textContent}`;
    }
}
