/** A viewer of the live view that asks for video and then reads nothing. */

/** Asks for `/video_feed`; resolves with a connection whose answer has begun. */
export async function withHangingViewer(port: number): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const request = "GET /video_feed HTTP/1.1\r\nHost: localhost\r\n\r\n";
  await connection.write(new TextEncoder().encode(request));
  await connection.read(new Uint8Array(16));
  return connection;
}
