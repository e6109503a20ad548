using Lateen.Sandbox.Api.Auth;
using Lateen.Sandbox.Api.Resources;

namespace Lateen.Sandbox.Api.Serving;

/// <summary>One request for a resource, with what its query says about how to treat it.</summary>
internal sealed class ApiRequest(RequestTarget target, ApiResource resource, UserIdentity user, IReadOnlyDictionary<string, string> query)
{
    public RequestTarget Target { get; } = target;

    public ApiResource Resource { get; } = resource;

    public UserIdentity User { get; } = user;

    public IReadOnlyDictionary<string, string> Query { get; } = query;

    /// <summary>Sentences for the user, sent as Warning headers.</summary>
    public List<string> Warnings { get; } = [];

    public bool DryRun { get; set; } = query.TryGetValue("dryRun", out var dryRun) && dryRun.Length > 0;

    public string FieldManager => Query.GetValueOrDefault("fieldManager", "");

    /// <summary>Strict, Warn or Ignore; absent means Warn (Kubernetes 1.27 and later).</summary>
    public string FieldValidation => Query.GetValueOrDefault("fieldValidation", "Warn") is { Length: > 0 } given ? given : "Warn";

    public bool IsTrue(string parameter) => Query.TryGetValue(parameter, out var value) && value is "true" or "1";
}
