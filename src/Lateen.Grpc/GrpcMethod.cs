namespace Lateen.Grpc;

/// <summary>One method of a gRPC service: its path and the form of its messages.</summary>
/// <param name="Service">Full service name, <c>package.Service</c>.</param>
/// <param name="Name">Method name.</param>
/// <param name="Request">Form of the requests.</param>
/// <param name="Response">Form of the responses.</param>
public sealed record GrpcMethod<TRequest, TResponse>(
    string Service, string Name, GrpcMarshaller<TRequest> Request, GrpcMarshaller<TResponse> Response)
{
    /// <summary>The request path. gRPC over HTTP/2: <c>"/" Service-Name "/" {method name}</c>.</summary>
    public string Path { get; } = $"/{Service}/{Name}";
}
