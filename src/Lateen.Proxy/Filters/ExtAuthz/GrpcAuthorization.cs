using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Envoy.Config.Core.V3;
using Envoy.Service.Auth.V3;
using Google.Protobuf;
using Lateen.Net.Http1;
using Lateen.Proxy.Clusters;
using Lateen.Proxy.Http;
using Lateen.Proxy.Http.SideCalls;
using Lateen.Proxy.Listeners;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Filters.ExtAuthz;

/// <summary>An authorization service that speaks gRPC: envoy.service.auth.v3.Authorization, method Check.</summary>
internal sealed class GrpcAuthorization(ClusterState cluster, long timeoutMilliseconds, string authority, (byte[] Name, byte[] Value)[] metadata)
    : AuthorizationService(cluster, timeoutMilliseconds)
{
    private const int FrameHead = 5;

    private readonly byte[] _authority = Encoding.ASCII.GetBytes(authority);
    private readonly byte[] _timeout = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{timeoutMilliseconds}m"));

    public override SideCall Ask(HttpExchange exchange, DownstreamConnection connection, ExtAuthzConfig config, ISideCallOwner owner) =>
        Ask(exchange.Worker, connection, CheckRequests.Of(exchange, connection, config), owner);

    /// <summary>Asks about a connection or a request that is described already.</summary>
    public SideCall Ask(ProxyWorker worker, DownstreamConnection connection, CheckRequest request, ISideCallOwner owner)
    {
        SideCall call = new(worker, connection, isGrpc: true, owner);
        MessageHead head = call.Request;
        head.StartRequest("POST"u8, "/envoy.service.auth.v3.Authorization/Check"u8);
        head.Add("host"u8, _authority);
        head.Add("te"u8, "trailers"u8);
        head.Add("content-type"u8, "application/grpc"u8);
        if (TimeoutMilliseconds > 0)
        {
            head.Add("grpc-timeout"u8, _timeout);
        }
        foreach ((byte[] name, byte[] value) in metadata)
        {
            head.Add(name, value);
        }
        byte[] message = request.ToByteArray();
        byte[] frame = new byte[FrameHead + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, FrameHead);
        call.Send(Cluster, TimeoutMilliseconds, frame);
        return call;
    }

    protected override AuthorizationVerdict ReadAnswer(SideCall call)
    {
        ReadOnlySpan<byte> status = call.Trailers.Get(HttpField.GrpcStatus);
        status = status.IsEmpty ? call.Response.Get(HttpField.GrpcStatus) : status;
        ReadOnlySpan<byte> body = call.Body;
        // One message, not compressed: none was offered.
        if (call.Response.Status != 200 || !Utf8Parser.TryParse(status, out int code, out _) || code != 0 || body.Length < FrameHead || body[0] != 0
            || BinaryPrimitives.ReadInt32BigEndian(body[1..]) != body.Length - FrameHead)
        {
            return AuthorizationVerdict.Failed;
        }
        try
        {
            return Read(CheckResponse.Parser.ParseFrom(body[FrameHead..]));
        }
        catch (InvalidProtocolBufferException)
        {
            return AuthorizationVerdict.Failed;
        }
    }

    private static AuthorizationVerdict Read(CheckResponse response)
    {
        if ((response.Status?.Code ?? 0) == 0)
        {
            OkHttpResponse ok = response.OkResponse ?? new OkHttpResponse();
            return new AuthorizationVerdict(AuthorizationOutcome.Allowed)
            {
                Fields = Edits(ok.Headers),
                Removed = [.. ok.HeadersToRemove.Select(h => Encoding.ASCII.GetBytes(h.ToLowerInvariant())).Where(IsEditable)],
                ResponseFields = Edits(ok.ResponseHeadersToAdd),
                QuerySet = [.. ok.QueryParametersToSet.Select(q => (q.Key, q.Value))],
                QueryRemoved = [.. ok.QueryParametersToRemove],
                Metadata = response.DynamicMetadata,
            };
        }
        DeniedHttpResponse denied = response.DeniedResponse ?? new DeniedHttpResponse();
        int status = (int)(denied.Status?.Code ?? 0);
        return new AuthorizationVerdict(AuthorizationOutcome.Denied)
        {
            Status = status is >= 200 and < 600 ? status : 403,
            Body = Encoding.UTF8.GetBytes(denied.Body),
            Fields = Edits(denied.Headers),
            Metadata = response.DynamicMetadata,
        };
    }

    private static List<FieldEdit> Edits(IEnumerable<HeaderValueOption> options) =>
    [
        .. options.Where(o => o.Header is not null)
            .Select(o => new FieldEdit(Encoding.ASCII.GetBytes(o.Header.Key.ToLowerInvariant()), Value(o.Header), o.Append ?? false))
            .Where(e => IsEditable(e.Name) && e.Value.AsSpan().IndexOfAny(HttpSyntax.BadInValue) < 0),
    ];

    private static byte[] Value(HeaderValue header) => header.RawValue.IsEmpty ? Encoding.UTF8.GetBytes(header.Value) : header.RawValue.ToByteArray();

    // Envoy: pseudo-headers and Host are not to be changed, and what is no field name cannot be sent.
    private static bool IsEditable(byte[] name) => HttpSyntax.IsToken(name) && HttpFields.Find(name) is not (HttpField.Host or HttpField.ContentLength);
}
