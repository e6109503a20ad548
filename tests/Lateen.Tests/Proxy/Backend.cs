using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Lateen.Tests.Proxy;

/// <summary>An upstream under the test's control: each connection is given to a handler as a raw socket.</summary>
internal sealed class Backend : IAsyncDisposable
{
    private readonly Socket _listener = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private int _connections;

    public Backend(Func<Socket, CancellationToken, Task> serve)
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(128);
        _accepting = AcceptAsync(serve);
    }

    public IPEndPoint At => (IPEndPoint)_listener.LocalEndPoint!;

    public int Connections => Volatile.Read(ref _connections);

    /// <summary>A keep-alive HTTP server: the answer is made from the request's text (head and body).</summary>
    public static Backend Http(Func<string, string> answer) => new(async (socket, stop) =>
    {
        StringBuilder text = new();
        byte[] buffer = new byte[65536];
        while (true)
        {
            int length;
            while ((length = RequestLength(text.ToString())) < 0)
            {
                int n = await socket.ReceiveAsync(buffer, SocketFlags.None, stop);
                if (n == 0)
                {
                    return;
                }
                text.Append(Encoding.Latin1.GetString(buffer, 0, n));
            }
            string request = text.ToString(0, length);
            text.Remove(0, length);
            string response = answer(request);
            if (response.Length == 0)
            {
                return;
            }
            await socket.SendAsync(Encoding.Latin1.GetBytes(response), SocketFlags.None, stop);
            if (response.Contains("connection: close", StringComparison.OrdinalIgnoreCase))
            {
                return;
            }
        }
    });

    public static string Ok(string body, string extra = "") => $"HTTP/1.1 200 OK\r\ncontent-length: {body.Length}\r\n{extra}\r\n{body}";

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stop.Dispose();
    }

    private static int RequestLength(string text)
    {
        int end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            return -1;
        }
        string head = text[..end];
        int total = end + 4;
        foreach (string line in head.Split("\r\n"))
        {
            if (line.StartsWith("content-length:", StringComparison.OrdinalIgnoreCase))
            {
                total += int.Parse(line.AsSpan(15));
            }
            else if (line.StartsWith("transfer-encoding:", StringComparison.OrdinalIgnoreCase))
            {
                int last = text.IndexOf("0\r\n\r\n", end + 4, StringComparison.Ordinal);
                return last < 0 ? -1 : last + 5;
            }
        }
        return text.Length >= total ? total : -1;
    }

    private async Task AcceptAsync(Func<Socket, CancellationToken, Task> serve)
    {
        List<Task> running = [];
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptAsync(_stop.Token);
                Interlocked.Increment(ref _connections);
                running.Add(ServeAsync(socket, serve));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
        await Task.WhenAll(running);
    }

    private async Task ServeAsync(Socket socket, Func<Socket, CancellationToken, Task> serve)
    {
        using (socket)
        {
            try
            {
                await serve(socket, _stop.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException)
            {
            }
        }
    }
}
