import {createServer} from 'node:http'

let count = 0
createServer(async (request, response) => {
  const answer = await fetch('http://api/orders').then(
    each => each.text(),
    () => 'the api does not answer',
  )
  console.log(`${request.method} ${request.url} 200 #${++count}`)
  response.end(`${answer}\n`)
}).listen(80, '0.0.0.0', () => console.log('listening on port 80'))
