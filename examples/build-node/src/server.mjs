import {createServer} from 'node:http'

const page = 'PAGE'
const server = createServer((_, answer) => answer.setHeader('Content-Type', 'text/html').end(page))
server.listen(Number(process.env.PORT))
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit())
