/** The peer of the durable loop: grammY answering with the same words, storing nothing. Prints its address. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Bot, webhookCallback } from 'grammy'

const bot = new Bot(process.env.BENCH_TOKEN!, { client: { apiRoot: process.env.BENCH_API! } })
bot.on('message:text', (context) => context.reply(context.message.text))
await bot.init()
const handle = webhookCallback(bot, 'http')
const server = createServer((request, response) => void handle(request, response))
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`))
process.once('SIGTERM', () => process.exit(0))
