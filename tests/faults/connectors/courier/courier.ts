/** Folds twins by the key of the op. */
import { network } from '../network.ts'

export default network('courier', { seconds: 86_400 })
