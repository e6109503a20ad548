using System.Text;
using Lateen.Net.Http1;
using Lateen.Proxy.Clusters;
using Lateen.Proxy.Http;
using Lateen.Proxy.Http.SideCalls;
using Lateen.Proxy.Listeners;
using Lateen.Proxy.Routing;

namespace Lateen.Proxy.Filters.ExtAuthz;

/// <summary>An authorization service that speaks HTTP: it is sent the request's head, its status is the verdict (ext_authz.v3.HttpService).</summary>
internal sealed class HttpAuthorization(ClusterState cluster, long timeoutMilliseconds) : AuthorizationService(cluster, timeoutMilliseconds)
{
    public byte[] PathPrefix { get; init; } = [];

    /// <summary>Request fields sent along, beside those that always are.</summary>
    public StringMatcher[] SentFields { get; init; } = [];

    public (byte[] Name, byte[] Value)[] AddedFields { get; init; } = [];

    /// <summary>Fields of an allowing answer that replace the request's.</summary>
    public StringMatcher[] ToUpstream { get; init; } = [];

    /// <summary>Fields of an allowing answer that are added to the request's.</summary>
    public StringMatcher[] ToUpstreamAppended { get; init; } = [];

    /// <summary>Fields of an allowing answer that go to the client.</summary>
    public StringMatcher[] ToClientOnAllow { get; init; } = [];

    /// <summary>Fields of a denying answer that go to the client; empty: all.</summary>
    public StringMatcher[] ToClientOnDeny { get; init; } = [];

    public override SideCall Ask(HttpExchange exchange, DownstreamConnection connection, ExtAuthzConfig config, ISideCallOwner owner)
    {
        SideCall call = new(exchange.Worker, connection, isGrpc: false, owner);
        MessageHead from = exchange.Request, head = call.Request;
        head.StartRequest(from.Method, [.. PathPrefix, .. from.Target]);
        foreach (ref readonly FieldLine line in from.Fields)
        {
            if (!line.Removed && line.Field is not (HttpField.ContentLength or HttpField.TransferEncoding or HttpField.Expect or HttpField.Te)
                && (IsAlwaysSent(from.NameOf(line)) || Any(SentFields, from.NameOf(line))))
            {
                head.Add(from.NameOf(line), from.ValueOf(line));
            }
        }
        foreach ((byte[] name, byte[] value) in AddedFields)
        {
            head.Set(name, value);
        }
        ReadOnlySpan<byte> body = config.WithBody is { } buffer ? buffer.Cut(exchange.KeptBody) : [];
        if (config.WithBody is { } wanted)
        {
            head.Set("x-envoy-auth-partial-body"u8, wanted.IsPartial(exchange) ? "true"u8 : "false"u8);
        }
        head.Set(HttpField.ContentLength, body.Length);
        call.Send(Cluster, TimeoutMilliseconds, body);
        return call;
    }

    // Envoy, ext_authz HttpService: 200 allows, a 5xx is a failure of the service, anything else is its denial.
    protected override AuthorizationVerdict ReadAnswer(SideCall call)
    {
        MessageHead answer = call.Response;
        if (answer.Status >= 500)
        {
            return AuthorizationVerdict.Failed;
        }
        if (answer.Status != 200)
        {
            return new AuthorizationVerdict(AuthorizationOutcome.Denied)
            {
                Status = answer.Status,
                Body = call.Body.ToArray(),
                Fields = Select(answer, appends: true, name => ToClientOnDeny.Length == 0 || IsAlwaysToClient(name) || Any(ToClientOnDeny, name)),
            };
        }
        return new AuthorizationVerdict(AuthorizationOutcome.Allowed)
        {
            Fields =
            [
                .. Select(answer, appends: false, name => Any(ToUpstream, name)),
                .. Select(answer, appends: true, name => Any(ToUpstreamAppended, name)),
            ],
            Removed = ReadRemoved(answer),
            ResponseFields = Select(answer, appends: true, name => Any(ToClientOnAllow, name)),
        };
    }

    // The service lists request fields that must not go on.
    private static List<byte[]> ReadRemoved(MessageHead answer)
    {
        List<byte[]> names = [];
        if (answer.TryGet("x-envoy-auth-headers-to-remove"u8, out ReadOnlySpan<byte> list))
        {
            foreach (string name in Encoding.ASCII.GetString(list).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                byte[] bytes = Encoding.ASCII.GetBytes(name.ToLowerInvariant());
                if (HttpFields.Find(bytes) != HttpField.Host)
                {
                    names.Add(bytes);
                }
            }
        }
        return names;
    }

    private static List<FieldEdit> Select(MessageHead answer, bool appends, FieldTest wanted)
    {
        List<FieldEdit> edits = [];
        foreach (ref readonly FieldLine line in answer.Fields)
        {
            if (!line.Removed && !IsOfOneHop(line.Field) && wanted(answer.NameOf(line)))
            {
                edits.Add(new FieldEdit(answer.NameOf(line).ToArray(), answer.ValueOf(line).ToArray(), appends));
            }
        }
        return edits;
    }

    private static bool IsAlwaysSent(ReadOnlySpan<byte> name) =>
        HttpFields.Find(name) == HttpField.Host || HttpSyntax.EqualsIgnoreCase(name, "authorization"u8);

    private static bool IsAlwaysToClient(ReadOnlySpan<byte> name) =>
        HttpFields.Find(name) == HttpField.Location || HttpSyntax.EqualsIgnoreCase(name, "www-authenticate"u8);

    private static bool IsOfOneHop(HttpField field) => field is HttpField.Connection or HttpField.KeepAlive or HttpField.ProxyConnection
        or HttpField.TransferEncoding or HttpField.ContentLength or HttpField.Upgrade or HttpField.Host or HttpField.Date or HttpField.Server
        or HttpField.XEnvoyUpstreamServiceTime;

    private static bool Any(StringMatcher[] matchers, ReadOnlySpan<byte> name)
    {
        foreach (StringMatcher matcher in matchers)
        {
            if (matcher.Matches(name))
            {
                return true;
            }
        }
        return false;
    }

    private delegate bool FieldTest(ReadOnlySpan<byte> name);
}
