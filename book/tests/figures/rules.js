// Brings the rules of the figures here, which are scripts for a page and export nothing.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');

const folder = path.join(__dirname, '../../assets/js/figures');

/** Runs the scripts, and returns what the last one calls `name`. */
module.exports = (name, ...files) => {
    const scripts = files.map(file => fs.readFileSync(path.join(folder, file), 'utf8'));
    return vm.runInThisContext(`(() => { ${scripts.join('\n')}\n return ${name}; })()`);
};
