/**
 * Whether a dialog or a menu was open when the key came: Escape closes that, and nothing behind it. Listened for from the program's first
 * moment on, for the dialog's own listener may take it away at once, and the older of two is asked first.
 */
let was = false

window.addEventListener(
  'keydown',
  () => {
    was = document.querySelector('[role="dialog"], [role="menu"]') !== null
  },
  { capture: true },
)

export const wasCovered = (): boolean => was
