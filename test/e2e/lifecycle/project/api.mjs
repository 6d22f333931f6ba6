import {createServer} from 'node:http'

createServer((_request, response) => response.end('api says hello')).listen(3000)
process.on('SIGTERM', () => process.exit(0))
