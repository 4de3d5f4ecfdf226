/// <reference types="vite/client" />

/** Style sheets only. */
declare module '@fontsource-variable/inter';
