export function AddChannelPage() {
  return null
}
