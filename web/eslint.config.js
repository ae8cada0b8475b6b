// What eslint looks for: mistakes, not style, which is prettier's.
import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';

export default [
  { ignores: ['dist/', 'dist-export/'] },
  js.configs.recommended,
  ...svelte.configs.recommended,
  { languageOptions: { globals: globals.browser } },
  { files: ['mock/**', 'test/**', '*.config.js'], languageOptions: { globals: globals.node } },
  {
    rules: {
      // Fields of the API keep its names.
      camelcase: ['error', { properties: 'never', ignoreDestructuring: true }],
      eqeqeq: ['error', 'smart'],
      'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_$' }],
      'svelte/no-useless-mustaches': 'off', // prettier writes {' '} where a space is meant
      'svelte/prefer-svelte-reactivity': 'off', // a Map that no one watches need not be reactive
    },
  },
];
