-- Chapter 1b. Addresses: the one form in which an e-mail address is stored.

-- An address is the key of consent: what people paste around it must not make a second
-- person of it. Python's contacts/_addresses.py cleans and refuses the same; a test holds
-- the two together.
create function campaign_private.normalize_email(email text)
returns text
-- An SQL function with a search_path is planned anew at each call, three times for a contact.
language plpgsql
immutable
security invoker
set search_path = ''
as $$
begin
  return case
    when email ~ '^[a-z0-9][a-z0-9._%+-]*@[a-z0-9.-]*[a-z0-9]$' then email
    else regexp_replace(
      normalize(lower(normalize(
        translate(
          -- What can't be seen.
          regexp_replace(
            email, '[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]', '', 'g'
          ),
          -- The full-width forms of ASCII, East Asia's full stops, the small @ and dot.
          '！＂＃＄％＆＇（）＊＋，－．／０１２３４５６７８９：；＜＝＞？＠ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ［＼］＾＿｀ａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ｛｜｝～'
          '。｡﹫﹒',
          '!"#$%&''()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\]^_`abcdefghijklmnopqrstuvwxyz{|}~'
          '..@.'
        ), nfc
      )), nfc),
      -- Blanks, quotes, brackets and what parts the entries of a list.
      '^(mailto:'
      '|[\u0001-\u0020\u0022\u0027-\u0029\u002c\u003a-\u003c\u003e\u005b\u005d\u0060\u007f-\u00a0'
      '\u00ab\u00b4\u00bb\u1680\u2000-\u200a\u2018-\u201f\u2028\u2029\u202f\u2039\u203a\u205f\u3000\u3001\u3008-\u3011])+'
      '|[.\u0001-\u0020\u0022\u0027-\u0029\u002c\u003a-\u003c\u003e\u005b\u005d\u0060\u007f-\u00a0'
      '\u00ab\u00b4\u00bb\u1680\u2000-\u200a\u2018-\u201f\u2028\u2029\u202f\u2039\u203a\u205f\u3000\u3001\u3008-\u3011]+$',
      '', 'g'
    )
  end;
end
$$;
comment on function campaign_private.normalize_email(text) is
  'The one stored form of an address: without what surrounds it, NFC, lower-case.';

revoke execute on function campaign_private.normalize_email(text)
  from public, anon, authenticated, service_role;
grant execute on function campaign_private.normalize_email(text) to authenticated, service_role;
