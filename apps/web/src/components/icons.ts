/** The icons in use, by what they mean here. 20 px in controls, 16 px in text. */

export { default as DownIcon } from '@lucide/svelte/icons/arrow-down';
export { default as BackIcon } from '@lucide/svelte/icons/arrow-left';
export { default as SendIcon } from '@lucide/svelte/icons/arrow-up';
export { default as VerifiedIcon } from '@lucide/svelte/icons/badge-check';
export { default as CheckIcon } from '@lucide/svelte/icons/check';
export { default as ErrorIcon } from '@lucide/svelte/icons/circle-alert';
export { default as CompassIcon } from '@lucide/svelte/icons/compass';
export { default as MoreIcon } from '@lucide/svelte/icons/ellipsis';
export { default as ShowIcon } from '@lucide/svelte/icons/eye';
export { default as HideIcon } from '@lucide/svelte/icons/eye-off';
export { default as HashIcon } from '@lucide/svelte/icons/hash';
export { default as InfoIcon } from '@lucide/svelte/icons/info';
export { default as LeaveIcon } from '@lucide/svelte/icons/log-out';
export { default as PlusIcon } from '@lucide/svelte/icons/plus';
export { default as SettingsIcon } from '@lucide/svelte/icons/settings';
export { default as WarningIcon } from '@lucide/svelte/icons/triangle-alert';
export { default as AddPersonIcon } from '@lucide/svelte/icons/user-plus';
export { default as PeopleIcon } from '@lucide/svelte/icons/users';
export { default as CloseIcon } from '@lucide/svelte/icons/x';
