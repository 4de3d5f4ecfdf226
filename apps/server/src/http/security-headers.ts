import helmet from '@fastify/helmet';
import fastifyPlugin from 'fastify-plugin';

const yearSeconds = 31_536_000;

/**
 * The headers of every answer. The policy lets the web app load from its own origin only; it makes no exception for inline code, and
 * markup comes in through the two named Trusted Types policies (Svelte's templates, and the app's own, for its scripts' addresses and the emoji
 * picker's templates). Messages never are markup.
 */
export const securityHeaders = fastifyPlugin<{ publicOrigin: string | undefined }>(
  async (app, { publicOrigin }) => {
    // 'self' does not cover ws: everywhere, so the socket's origin is named.
    const socketOrigins = () =>
      app
        .ownOrigins()
        // A policy cannot name an IPv6 address; there, browsers that count ws: as 'self' have to do.
        .filter((origin) => !origin.includes('['))
        .map((origin) => origin.replace(/^http/, 'ws'))
        .join(' ') || "'self'";
    await app.register(helmet, {
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'none'"],
          scriptSrc: ["'self'"],
          styleSrc: ["'self'"],
          imgSrc: ["'self'", 'blob:', 'data:'],
          fontSrc: ["'self'"],
          mediaSrc: ["'self'", 'blob:'],
          connectSrc: ["'self'", socketOrigins],
          workerSrc: ["'self'"],
          manifestSrc: ["'self'"],
          frameAncestors: ["'none'"],
          baseUri: ["'none'"],
          formAction: ["'none'"],
          requireTrustedTypesFor: ["'script'"],
          trustedTypes: ['svelte-trusted-html', 'undertone'],
        },
      },
      crossOriginOpenerPolicy: { policy: 'same-origin' },
      crossOriginResourcePolicy: { policy: 'same-origin' },
      xFrameOptions: { action: 'deny' },
      referrerPolicy: { policy: 'no-referrer' },
      strictTransportSecurity: publicOrigin?.startsWith('https:')
        ? { maxAge: yearSeconds, includeSubDomains: false }
        : false,
    });
    app.addHook('onSend', async (_request, reply) => {
      void reply.header(
        'permissions-policy',
        'camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()',
      );
    });
  },
  { name: 'security-headers', dependencies: ['origins'] },
);
