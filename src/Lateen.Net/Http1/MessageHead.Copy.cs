namespace Lateen.Net.Http1;

internal sealed partial class MessageHead
{
    /// <summary>Becomes a copy of another complete head, edits included. The object must be reset.</summary>
    public void CopyFrom(MessageHead other)
    {
        EnsureBytes(other._length);
        other._bytes.AsSpan(0, other._length).CopyTo(_bytes);
        if (_fields.Length < other._count)
        {
            _fields = new FieldLine[other._fields.Length];
        }
        other.Fields.CopyTo(_fields);
        other._first.CopyTo(_first, 0);
        (_length, _count, ReceivedBytes, Status, ContentLength) =
            (other._length, other._count, other.ReceivedBytes, other.Status, other.ContentLength);
        (_methodLength, _targetStart, _targetLength) = (other._methodLength, other._targetStart, other._targetLength);
        (IsHttp10, IsChunked, ConnectionClose, HasUpgrade, ExpectsContinue) =
            (other.IsHttp10, other.IsChunked, other.ConnectionClose, other.HasUpgrade, other.ExpectsContinue);
    }
}
