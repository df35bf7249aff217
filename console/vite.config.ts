// SPDX-License-Identifier: Apache-2.0
// Three files with fixed names: they are embedded in the program and served from memory, where an
// ETag, not a name, says whether the browser's copy is current.
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { defineConfig } from 'vite';

const FIRST_LOAD_MAX = 300_000; // bytes of all files, compressed

/** Ends the build when the first load has become too heavy for a phone. */
const weigh = {
  name: 'weigh',
  closeBundle() {
    const bytes = readdirSync('dist').map((name) => gzipSync(readFileSync(`dist/${name}`)).length).reduce((a, b) => a + b, 0);
    if (bytes > FIRST_LOAD_MAX) throw new Error(`the pages are ${bytes} bytes compressed; at most ${FIRST_LOAD_MAX}`);
  },
};

export default defineConfig({
  base: '/',
  plugins: [weigh],
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none' },
  build: {
    target: 'es2021',
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: false,
    cssCodeSplit: false,
    reportCompressedSize: false,
    rollupOptions: {
      output: {
        entryFileNames: 'console.js',
        assetFileNames: 'console[extname]',
        inlineDynamicImports: true,
      },
    },
  },
});
