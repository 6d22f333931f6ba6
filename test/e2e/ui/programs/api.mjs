import {writeFileSync} from 'node:fs'
import {createServer} from 'node:http'

createServer((request, response) => {
  console.log(`orders were asked for by ${request.socket.remoteAddress}`)
  response.end(JSON.stringify(Array.from({length: 200}, (_, id) => ({id, total: id * 7}))))
}).listen(80, '0.0.0.0', () => {
  writeFileSync('/tmp/ready', '')
  console.log('listening on port 80')
})
