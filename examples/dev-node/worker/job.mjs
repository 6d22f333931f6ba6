import {createServer} from 'node:http'

const result = 'one'
createServer((_request, response) => response.end(result)).listen(9000)
process.on('SIGTERM', () => process.exit(0))
