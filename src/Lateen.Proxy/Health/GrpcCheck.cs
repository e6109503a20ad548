using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;
using Lateen.Net.Http1;
using Lateen.Net.Http2;
using Lateen.Net.Sockets;
using Lateen.Proxy.Http;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Health;

/// <summary>What a check by gRPC asks for (HealthCheck.GrpcHealthCheck), compiled.</summary>
internal sealed record GrpcCheckConfig(string Service, string Authority, (byte[] Name, byte[] Value)[] Metadata)
{
    /// <summary>grpc.health.v1.HealthCheckRequest in a gRPC frame: field 1, the service's name.</summary>
    public byte[] Frame { get; } = MakeFrame(Encoding.UTF8.GetBytes(Service));

    private static byte[] MakeFrame(byte[] service)
    {
        // A length in base 128, low group first; names are shorter than two groups can say.
        byte[] length = service.Length < 0x80 ? [(byte)service.Length] : [(byte)(service.Length | 0x80), (byte)(service.Length >> 7)];
        byte[] message = service.Length == 0 ? [] : [0x0a, .. length, .. service];
        byte[] frame = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }
}

/// <summary>One check by gRPC: a connection with one call of grpc.health.v1.Health/Check.</summary>
internal sealed class GrpcCheck : Http2Connection
{
    private readonly GrpcCheckConfig _config;
    private readonly Action<CheckResult> _done;
    private bool _isOver;

    /// <param name="worker">The thread that checks.</param>
    /// <param name="config">What to ask.</param>
    /// <param name="done">Told the result once, unless the check is ended before.</param>
    public GrpcCheck(ProxyWorker worker, GrpcCheckConfig config, Action<CheckResult> done) : base(worker, isServer: false, Http2Limits.Default) =>
        (_config, _done) = (config, done);

    public void Start(int fd, StreamTransport? transport) => AttachConnecting(fd, transport);

    /// <summary>The result is wanted no longer.</summary>
    public void End()
    {
        _isOver = true;
        CloseSocket();
        Session.Close(Http2ErrorCode.Cancel);
    }

    public override Http2Stream? AcceptStream() => null;

    public override void OnGoAway(int lastStream, Http2ErrorCode code)
    {
    }

    public override void OnFailed(Http2ErrorCode code, string reason) => Finish(CheckResult.NetworkFailure);

    public override void Abort() => Finish(CheckResult.NetworkFailure);

    protected override void OnConnected(int error)
    {
        if (error != 0)
        {
            Finish(CheckResult.NetworkFailure);
            return;
        }
        Session.Start();
        MessageHead head = new();
        head.StartRequest("POST"u8, "/grpc.health.v1.Health/Check"u8);
        head.Add("host"u8, Encoding.ASCII.GetBytes(_config.Authority));
        head.Add("te"u8, "trailers"u8);
        head.Add("content-type"u8, "application/grpc"u8);
        head.Add("user-agent"u8, "Envoy/HC"u8);
        foreach ((byte[] name, byte[] value) in _config.Metadata)
        {
            head.Add(name, value);
        }
        Call call = new(this);
        Session.OpenStream(call);
        Session.SendRequest(call, head, Transport is null ? "http"u8 : "https"u8, endStream: false);
        Session.SendData(call, _config.Frame, endStream: true);
    }

    protected override void OnStreamEnded()
    {
    }

    protected override void OnPeerClosed() => Finish(CheckResult.NetworkFailure);

    protected override void OnOutputFailed(int error) => Finish(CheckResult.NetworkFailure);

    private void Finish(CheckResult result)
    {
        if (_isOver)
        {
            return;
        }
        _isOver = true;
        // Not from within the frame that brought the answer: the session is still at work on it.
        Loop.ArmTimer(new Later(this, result), 1);
    }

    private sealed class Later(GrpcCheck check, CheckResult result) : LoopTimer
    {
        public override void OnTimer()
        {
            check.End();
            check._done(result);
        }
    }

    private sealed class Call(GrpcCheck check) : Http2Stream
    {
        private readonly List<byte> _body = [];

        public override MessageHead Head { get; } = new();

        public override MessageHead Trailers { get; } = new();

        public override void OnHead(bool endStream)
        {
            if (endStream)
            {
                Judge();
            }
        }

        public override void OnHeadRefused(FieldBlockStatus status) => check.Finish(CheckResult.NetworkFailure);

        public override void OnData(ReadOnlySpan<byte> data, bool endStream)
        {
            if (_body.Count < 1024)
            {
                _body.AddRange(data);
            }
            if (endStream)
            {
                Judge();
            }
        }

        public override void OnTrailers() => Judge();

        public override void OnDrained()
        {
        }

        public override void OnReset(Http2ErrorCode code, bool byPeer) => check.Finish(CheckResult.NetworkFailure);

        // gRPC health checking protocol: OK with HealthCheckResponse.status SERVING (field 1, value 1) is the only good answer.
        private void Judge()
        {
            ReadOnlySpan<byte> status = Trailers.Get(HttpField.GrpcStatus);
            status = status.IsEmpty ? Head.Get(HttpField.GrpcStatus) : status;
            bool serves = Head.Status == 200 && Utf8Parser.TryParse(status, out int code, out _) && code == 0
                && System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_body).SequenceEqual(Serving);
            check.Finish(serves ? CheckResult.Passed : CheckResult.Refused);
        }

        private static ReadOnlySpan<byte> Serving => [0, 0, 0, 0, 2, 0x08, 1];
    }
}
