using Lateen.ScenarioTests.Mesh;
using Shouldly;
using Xunit;

namespace Lateen.ScenarioTests.Protocols;

/// <summary>Applications that speak gRPC and WebSocket, through two sidecars.</summary>
[Collection<ProtocolMesh>]
public sealed class ProtocolTests(ProtocolMesh mesh)
{
    private const string GrpcClient =
        """
        import grpc, sys
        channel = grpc.insecure_channel("stock:50051")
        name = channel.unary_unary("/shop.Stock/Name")
        print("servers", len({name(b"", timeout=20, wait_for_ready=True) for _ in range(40)}))
        for call, request, limit in (("Fail", b"pears", 20), ("Slow", b"", 0.5)):
            try:
                print(channel.unary_unary("/shop.Stock/" + call)(request, timeout=limit))
            except grpc.RpcError as error:
                print(call, error.code().name, *([error.details()] if call == "Fail" else []))
        print("count", b"".join(channel.unary_stream("/shop.Stock/Count")(b"10", timeout=20)).decode())
        print("total", channel.stream_unary("/shop.Stock/Total")((b"x" * 1000 for _ in range(300)), timeout=20).decode())
        print("turn", b" ".join(channel.stream_stream("/shop.Stock/Turn")(iter([b"abc", b"def"]), timeout=20)).decode())
        """;

    private const string WebSocketClient =
        """
        import base64, os, socket
        s = socket.create_connection(("chat", 80), 20)
        s.settimeout(20)
        key = base64.b64encode(os.urandom(16)).decode()
        s.sendall(f"GET /room HTTP/1.1\r\nHost: chat\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode())
        f = s.makefile("rb")
        print(f.readline().decode().strip())
        while f.readline().strip():
            pass
        def say(kind, text):
            mask = os.urandom(4)
            s.sendall(bytes([0x80 | kind, 0x80 | len(text)]) + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(text)))
            head = f.read(2)
            return head[0] & 15, f.read(head[1] & 127)
        for word in (b"hello", b"world"):
            print(say(1, word)[1].decode())
        print("closed", say(8, (1000).to_bytes(2, "big"))[0], f.read(1) == b"")
        """;

    [Fact]
    public async Task Grpc_EveryKindOfCall_IsBalancedPerCallAndKeepsItsStatus()
    {
        SandboxMesh.SkipUnlessPossible();
        string printed = await mesh.PythonAsync(GrpcClient);

        printed.ShouldBe(
            """
            servers 2
            Fail NOT_FOUND no such thing: pears
            Slow DEADLINE_EXCEEDED
            count 0123456789
            total 300000
            turn cba fed

            """);
        await Eventually.BecomesAsync(
            () => mesh.HasSeriesAsync(mesh.Insider, "istio_requests_total", "request_protocol=\"grpc\"", "grpc_response_status=\"5\"", "destination_service_name=\"stock\""),
            found => found, "the failed call in the client's metrics");
    }

    [Fact]
    public async Task WebSocket_Upgraded_CarriesMessagesBothWaysAndCloses()
    {
        SandboxMesh.SkipUnlessPossible();
        (await mesh.PythonAsync(WebSocketClient)).ShouldBe("HTTP/1.1 101 Switching Protocols\nHELLO\nWORLD\nclosed 8 True\n");

        IReadOnlyList<string> log = await Eventually.BecomesAsync(
            () => mesh.LogAsync(ProtocolMesh.Namespace, mesh.Insider, "istio-proxy"),
            lines => lines.Any(l => l.Contains("\"GET /room HTTP/1.1\" 101 ", StringComparison.Ordinal)), "the upgraded request in the log");
        log.ShouldContain(l => l.Contains("\"GET /room HTTP/1.1\" 101 ", StringComparison.Ordinal) && l.Contains("outbound|80||chat.protocols", StringComparison.Ordinal));
    }
}
