namespace Lateen.ControlPlane.Webhooks;

/// <summary>How webhook configurations name us, and the root that vouches for our certificate.</summary>
/// <param name="ServiceNames">`istiod`, and `istiod-REVISION` for a named revision.</param>
internal sealed record WebhookIdentity(string Namespace, IReadOnlyList<string> ServiceNames, string Revision, string RootPem);
