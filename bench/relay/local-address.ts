const addresses = 40;

/** The address of the loopback to connect from: one has too few ports for a crowd, and requests are limited per address. */
export const localAddressOf = (index: number): string => `127.0.1.${1 + (index % addresses)}`;
