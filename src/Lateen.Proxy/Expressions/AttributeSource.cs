using System.Text;
using Envoy.Config.Core.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Telemetry;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Expressions;

/// <summary>The attributes of Envoy ("Attributes") and of Istio's peers by path; most are what an access-log operator prints.</summary>
internal sealed class AttributeSource(Node node)
{
    private static readonly Dictionary<string, string> Operators = new(StringComparer.Ordinal)
    {
        ["request.path"] = "REQ(:PATH)", ["request.url_path"] = "REQ_WITHOUT_QUERY(:PATH)", ["request.host"] = "REQ(:AUTHORITY)",
        ["request.method"] = "REQ(:METHOD)", ["request.scheme"] = "REQ(:SCHEME)", ["request.protocol"] = "PROTOCOL",
        ["request.id"] = "REQ(X-REQUEST-ID)", ["request.useragent"] = "REQ(USER-AGENT)", ["request.referer"] = "REQ(REFERER)",
        ["request.size"] = "BYTES_RECEIVED", ["request.total_size"] = "DOWNSTREAM_WIRE_BYTES_RECEIVED", ["request.duration"] = "DURATION",
        ["response.code"] = "RESPONSE_CODE", ["response.code_details"] = "RESPONSE_CODE_DETAILS", ["response.flags"] = "RESPONSE_FLAGS",
        ["response.grpc_status"] = "GRPC_STATUS_NUMBER", ["response.size"] = "BYTES_SENT", ["response.total_size"] = "DOWNSTREAM_WIRE_BYTES_SENT",
        ["source.address"] = "DOWNSTREAM_REMOTE_ADDRESS", ["source.port"] = "DOWNSTREAM_REMOTE_PORT",
        ["destination.address"] = "DOWNSTREAM_LOCAL_ADDRESS", ["destination.port"] = "DOWNSTREAM_LOCAL_PORT",
        ["upstream.address"] = "UPSTREAM_HOST", ["upstream.port"] = "UPSTREAM_REMOTE_PORT", ["upstream.local_address"] = "UPSTREAM_LOCAL_ADDRESS",
        ["upstream.transport_failure_reason"] = "UPSTREAM_TRANSPORT_FAILURE_REASON", ["upstream.tls_version"] = "UPSTREAM_TLS_VERSION",
        ["connection.id"] = "CONNECTION_ID", ["connection.requested_server_name"] = "REQUESTED_SERVER_NAME",
        ["connection.tls_version"] = "DOWNSTREAM_TLS_VERSION", ["connection.uri_san_peer_certificate"] = "DOWNSTREAM_PEER_URI_SAN",
        ["connection.dns_san_peer_certificate"] = "DOWNSTREAM_PEER_DNS_SAN", ["connection.subject_peer_certificate"] = "DOWNSTREAM_PEER_SUBJECT",
        ["connection.uri_san_local_certificate"] = "DOWNSTREAM_LOCAL_URI_SAN", ["connection.subject_local_certificate"] = "DOWNSTREAM_LOCAL_SUBJECT",
        ["connection.termination_details"] = "CONNECTION_TERMINATION_DETAILS",
        ["xds.cluster_name"] = "UPSTREAM_CLUSTER", ["cluster_name"] = "UPSTREAM_CLUSTER", ["xds.route_name"] = "ROUTE_NAME",
        ["route_name"] = "ROUTE_NAME", ["xds.filter_chain_name"] = "FILTER_CHAIN_NAME",
    };

    /// <summary>The attribute of a path such as request, headers, x-user; null if there is none.</summary>
    public Expression? Find(IReadOnlyList<string> path)
    {
        if (Operators.TryGetValue(string.Join('.', path), out string? name))
        {
            return Operator(name);
        }
        return path[0] switch
        {
            "request" when path is [_, "headers", var header] => Operator($"REQ({header})"),
            "response" when path is [_, "headers", var header] => Operator($"RESP({header})"),
            "connection" when path is [_, "mtls"] => new AttributeExpression(static (ref LogWriter w, StreamInfo i, ProxyWorker _) =>
                w.Put(i.DownstreamTls?.Details is { IsPeerVerified: true, Peer: not null } ? "true"u8 : "false"u8)),
            "node" => new LiteralExpression(Encoding.UTF8.GetBytes(OfNode([.. path]))),
            "filter_state" when path.Count > 1 => Find([.. path.Skip(1)]),
            "downstream_peer" => Peer(path, static i => i.DownstreamPeer),
            "upstream_peer" => Peer(path, static i => i.UpstreamPeer ?? i.Host?.Peer),
            _ => null,
        };
    }

    private static AttributeExpression? Operator(string name) =>
        LogOperators.Parse(name, out _) is { } found ? new AttributeExpression(found.Write) : null;

    private static AttributeExpression? Peer(IReadOnlyList<string> path, Func<StreamInfo, Workload?> peer)
    {
        Func<Workload, string?>? field = path switch
        {
            [_, "labels", var label, ..] => w => w.Labels.GetValueOrDefault(label),
            [_, "workload" or "workload_name" or "name"] => static w => w.Name,
            [_, "namespace"] => static w => w.Namespace,
            [_, "app"] => static w => w.App,
            [_, "version"] => static w => w.Version,
            [_, "service" or "canonical_name"] => static w => w.CanonicalService,
            [_, "revision" or "canonical_revision"] => static w => w.CanonicalRevision,
            [_, "cluster" or "cluster_id"] => static w => w.Cluster,
            _ => null,
        };
        return field is null ? null : new AttributeExpression((ref LogWriter w, StreamInfo i, ProxyWorker _) =>
        {
            if (peer(i) is { } workload)
            {
                w.Put(field(workload));
            }
        });
    }

    private string OfNode(string[] path)
    {
        switch (path)
        {
            case [_, "id"]:
                return node.Id;
            case [_, "cluster"]:
                return node.Cluster;
            case [_, "metadata", .. var keys]:
                Value value = Value.ForStruct(node.Metadata ?? new Struct());
                foreach (string key in keys.AsSpan())
                {
                    if (value.StructValue?.Fields.TryGetValue(key, out Value? inner) != true)
                    {
                        return "";
                    }
                    value = inner!;
                }
                return value.KindCase == Value.KindOneofCase.StringValue ? value.StringValue : value.ToString();
            default:
                return "";
        }
    }
}
