/** Carries what it is given, twice if asked twice. */
import { network } from '../network.ts'

export default network('pigeon')
