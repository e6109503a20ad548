namespace Lateen.Grpc;

/// <summary>A call ended with a status other than OK; a server handler throws it to choose the status it answers with.</summary>
public sealed class GrpcException : Exception
{
    public GrpcException(GrpcStatusCode code, string detail, Exception? inner = null)
        : base($"{code}: {detail}", inner)
    {
        Code = code;
        Detail = detail;
    }

    /// <summary>The status code; never <see cref="GrpcStatusCode.Ok"/>.</summary>
    public GrpcStatusCode Code { get; }

    /// <summary>The text of grpc-message, decoded.</summary>
    public string Detail { get; }
}
