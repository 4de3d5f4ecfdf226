let context: AudioContext | undefined;

/** Two soft notes, a third apart, quieter than anything one listens to. Silent where the browser wants a gesture first. */
export async function playTone(): Promise<void> {
  context ??= new AudioContext();
  if (context.state !== 'running') await Promise.race([context.resume(), new Promise((done) => setTimeout(done, 500))]);
  if (context.state !== 'running') return;
  for (const [hertz, afterSeconds] of [
    [523.25, 0],
    [659.25, 0.09],
  ] as const) {
    const note = new OscillatorNode(context, { type: 'sine', frequency: hertz });
    const loudness = new GainNode(context, { gain: 0 });
    const start = context.currentTime + afterSeconds;
    loudness.gain.setValueAtTime(0, start);
    loudness.gain.linearRampToValueAtTime(0.06, start + 0.012);
    loudness.gain.exponentialRampToValueAtTime(0.0001, start + 0.28);
    note.connect(loudness).connect(context.destination);
    note.start(start);
    note.stop(start + 0.3);
  }
}
