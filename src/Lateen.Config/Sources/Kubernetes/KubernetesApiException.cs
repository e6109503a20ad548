namespace Lateen.Config.Sources.Kubernetes;

/// <summary>The API server refused a request, or could not be reached (then <see cref="Status"/> has code 0).</summary>
public sealed class KubernetesApiException : Exception
{
    /// <summary>Creates the error of a request.</summary>
    /// <param name="request">What was asked: method and path.</param>
    /// <param name="status">What the server answered.</param>
    /// <param name="inner">The transport's error, when there was no answer.</param>
    public KubernetesApiException(string request, KubernetesStatus status, Exception? inner = null)
        : base($"{request}: {status.Message}{(status.Reason.Length > 0 ? $" ({status.Reason})" : "")}", inner)
    {
        Request = request;
        Status = status;
    }

    /// <summary>What was asked: method and path.</summary>
    public string Request { get; }

    /// <summary>The server's answer.</summary>
    public KubernetesStatus Status { get; }

    /// <summary>The object or the type does not exist.</summary>
    public bool IsNotFound => Status.Code == 404;

    /// <summary>The object exists already, or was changed since it was read.</summary>
    public bool IsConflict => Status.Code == 409;

    /// <summary>The object to be created exists already.</summary>
    public bool IsAlreadyExists => Status.Code == 409 && Status.Reason == "AlreadyExists";

    /// <summary>The resource version is too old to watch from: list again.</summary>
    public bool IsExpired => Status.Code == 410;

    /// <summary>There was no answer at all.</summary>
    public bool IsUnreachable => Status.Code == 0;

    /// <summary>The caller may not do this (RBAC).</summary>
    public bool IsForbidden => Status.Code == 403;

    /// <summary>The answer had begun and broke off, or went on with what can not be read: what came before it is good.</summary>
    public bool IsBrokenOff { get; init; }
}
