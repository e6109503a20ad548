using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Translation.Secrets;

namespace Lateen.ControlPlane.Secrets;

/// <summary>The Secrets with certificates; a sink of the Secret informer.</summary>
/// <remarks>Other Secrets are not kept: what is not here can not leak from here.</remarks>
internal sealed class SecretIndex(Action<ObjectKey> changed) : IInformerSink<CredentialSecret>
{
    private static readonly string[] CertificateKeys =
        ["cert", "key", "cacert", "crl", "tls.crt", "tls.key", "tls.ocsp-staple", "ca.crt", "ca.crl"];

    /// <summary>Leaves out what Istio does not read either: releases of Helm and tokens.</summary>
    public static ObjectSelector Selector { get; } =
        new(Fields: "type!=helm.sh/release.v1,type!=kubernetes.io/service-account-token");

    private ImmutableDictionary<ObjectKey, CredentialSecret> _secrets = ImmutableDictionary<ObjectKey, CredentialSecret>.Empty;

    /// <summary>The Secret of a namespace and name as it is now.</summary>
    public CredentialSecret? Find(string ns, string name) => Volatile.Read(ref _secrets).GetValueOrDefault(new ObjectKey(ns, name));

    /// <summary>Takes of a Secret what certificates are made of; values that are not base64 are left out.</summary>
    public static CredentialSecret Read(JsonObject secret)
    {
        var data = new Dictionary<string, byte[]>();
        foreach (var key in CertificateKeys)
        {
            var text = secret.Text("data", key);
            var buffer = new byte[text.Length];
            if (text.Length > 0 && Convert.TryFromBase64String(text, buffer, out var length))
            {
                data[key] = buffer[..length];
            }
        }

        return new CredentialSecret(secret.Namespace(), secret.Name(), data);
    }

    public void Reset(IReadOnlyList<CredentialSecret> items)
    {
        var next = items.Where(HasCertificate).ToImmutableDictionary(s => new ObjectKey(s.Namespace, s.Name));
        var previous = Interlocked.Exchange(ref _secrets, next);
        foreach (var key in previous.Keys.Union(next.Keys))
        {
            if (!Same(previous.GetValueOrDefault(key), next.GetValueOrDefault(key)))
            {
                changed(key);
            }
        }
    }

    public void Upsert(CredentialSecret item)
    {
        var key = new ObjectKey(item.Namespace, item.Name);
        if (!HasCertificate(item))
        {
            Delete(key);
            return;
        }

        var known = Find(item.Namespace, item.Name);
        if (!Same(known, item))
        {
            Volatile.Write(ref _secrets, _secrets.SetItem(key, item));
            changed(key);
        }
    }

    public void Delete(ObjectKey key)
    {
        if (_secrets.ContainsKey(key))
        {
            Volatile.Write(ref _secrets, _secrets.Remove(key));
            changed(key);
        }
    }

    private static bool HasCertificate(CredentialSecret secret) => secret.Data.Count > 0;

    private static bool Same(CredentialSecret? a, CredentialSecret? b) =>
        a is null || b is null
            ? a is null && b is null
            : a.Data.Count == b.Data.Count
                && a.Data.All(entry => b.Data.TryGetValue(entry.Key, out var other) && entry.Value.AsSpan().SequenceEqual(other));
}
