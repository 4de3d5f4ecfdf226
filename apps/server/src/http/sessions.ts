import cookie from '@fastify/cookie';
import { type DeviceId, limits, ProtocolError } from '@undertone/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import type { ActiveSession, SessionRepository } from '../accounts/session-repository.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The session that the request's cookie names. Set by `readSession`; null where there is none. */
    activeSession: ActiveSession | null;
  }
  interface FastifyInstance {
    readSession(request: FastifyRequest): Promise<void>;
    setSessionCookie(reply: FastifyReply, token: string): void;
    clearSessionCookie(reply: FastifyReply): void;
  }
}

const cookieName = 'undertone_session';

/** The session of a route that needs one (SPEC A4). */
export function sessionOf(request: FastifyRequest): ActiveSession {
  if (request.activeSession === null) throw new ProtocolError('not_signed_in');
  return request.activeSession;
}

/** The device that the session speaks for (SPEC I7). */
export function deviceOf(request: FastifyRequest): DeviceId {
  const session = sessionOf(request);
  if (session.device === null) throw new ProtocolError(session.replaced ? 'device_replaced' : 'device_required');
  return session.device;
}

export interface SessionsOptions {
  readonly sessions: SessionRepository;
  /** Whether browsers reach the server by https. */
  readonly secure: boolean;
}

export const sessionCookies = fastifyPlugin<SessionsOptions>(
  async (app, { sessions, secure }) => {
    await app.register(cookie);
    const attributes = { path: '/', httpOnly: true, sameSite: 'strict', secure } as const;
    app.decorateRequest('activeSession', null);
    app.decorate('readSession', async (request: FastifyRequest) => {
      const token = request.cookies[cookieName];
      request.activeSession = token ? ((await sessions.find(token)) ?? null) : null;
    });
    app.decorate('setSessionCookie', (reply: FastifyReply, token: string) => {
      void reply.setCookie(cookieName, token, { ...attributes, maxAge: limits.sessionIdleDays * 86_400 });
    });
    app.decorate('clearSessionCookie', (reply: FastifyReply) => {
      void reply.clearCookie(cookieName, attributes);
    });
  },
  { name: 'session-cookies' },
);
